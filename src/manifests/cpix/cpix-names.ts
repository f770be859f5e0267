/** Namespaces of CPIX documents. */
export const CPIX = 'urn:dashif:org:cpix'
export const PSKC = 'urn:ietf:params:xml:ns:keyprov:pskc'
export const SPEKE = 'urn:aws:amazon:com:speke'
export const XMLENC = 'http://www.w3.org/2001/04/xmlenc#'
export const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#'

/** Algorithms by which SPEKE has keys encrypted for a certificate. */
export const AES_256_CBC = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'
export const RSA_OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'
export const HMAC_SHA512 = 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha512'

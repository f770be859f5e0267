/** Namespaces of CPIX documents. */
export const CPIX = 'urn:dashif:org:cpix'
export const PSKC = 'urn:ietf:params:xml:ns:keyprov:pskc'
export const SPEKE = 'urn:aws:amazon:com:speke'
export const XMLENC = 'http://www.w3.org/2001/04/xmlenc#'
export const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#'

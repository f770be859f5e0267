/** System ids of DRM systems, in lower case. */
export const PLAYREADY = '9a04f079-9840-4286-ab92-e65be0885f95'
export const WIDEVINE = 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'
export const FAIRPLAY = '94ce86fb-07ff-4f43-adb8-93d2fa968ca2'
/** KEYFORMAT of keys that players get by FairPlay. */
export const FAIRPLAY_KEY_FORMAT = 'com.apple.streamingkeydelivery'
export const IRDETO = '80a6be7e-1448-4c37-9e70-d5aebe04c8d2'
/** Keys of HLS that players fetch as they are: an id of SPEKE alone, which nobody has registered. */
export const AES_128 = '81376844-f976-481e-a84e-cc25d39b0b33'
/** The same in SPEKE 2.0. */
export const CLEAR_KEY_AES_128 = '3ea8778f-7742-4bf9-b18b-e834b2acbd47'
/** Clear key of W3C's Encrypted Media Extensions: its `pssh` boxes list KIDs alone. */
export const COMMON = '1077efec-c0b2-4d02-ace3-3c1e52e2fb4b'
/** Clear key of DASH-IF: an MPD names the URL of licences. */
export const DASH_CLEAR_KEY = 'e2719d58-a985-b3c9-781a-b030af78d30e'

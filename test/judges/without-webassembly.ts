/** Preloaded (`--import`) by a program that is to do without WebAssembly, as where a machine lacks its SIMD. */
WebAssembly.validate = () => false

// The C library, whichever the function is built for: Debian's, or musl in a static binary.

#if canImport(Glibc)
@_exported import Glibc
#elseif canImport(Musl)
@_exported import Musl
#endif

# Compiles for arm64 on amd64: Debian's cross compiler, and the libraries of its packages for arm64, which are installed beside
# those of amd64. The preset arm64 uses it; scripts/build-arm64 makes a system that has all of them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
# What Debian's pkg-config would look through are the libraries of amd64.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

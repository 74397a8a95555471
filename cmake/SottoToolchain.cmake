# Warnings, sanitizers, caches and the libraries of Debian that modules may name in EXTERNAL.

find_program(SOTTO_CCACHE ccache)
if(SOTTO_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SOTTO_CCACHE})
endif()

find_program(SOTTO_MOLD mold)
if(SOTTO_MOLD AND NOT CMAKE_CROSSCOMPILING)  # a cross compiler looks for linkers of its own architecture's name
  add_link_options(-fuse-ld=mold)
endif()

add_library(sotto_options INTERFACE)
target_include_directories(sotto_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sotto_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Wundef
  -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside its own std::variant and std::vector code once it is inlined.
  target_compile_options(sotto_options INTERFACE -Wno-maybe-uninitialized -Wno-null-dereference -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict -Wno-free-nonheap-object)
endif()
if(SOTTO_SANITIZE)
  add_compile_options(-fsanitize=${SOTTO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${SOTTO_SANITIZE})
  if(SOTTO_SANITIZE MATCHES "thread")
    target_compile_options(sotto_options INTERFACE -Wno-tsan)
  endif()
else()
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS system)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
find_package(RocksDB REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(PNG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
find_package(Protobuf REQUIRED)
find_program(SOTTO_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

# Asio is used header by header; these definitions keep its compile time and its surface small.
add_library(sotto_asio INTERFACE)
target_link_libraries(sotto_asio INTERFACE Boost::system Threads::Threads)
target_compile_definitions(sotto_asio INTERFACE BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_VISIBILITY)

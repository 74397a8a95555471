# sotto_proto(<target> <file.proto> …): generates the C++ of contracts (messages and services) and makes a library of it;
# sotto_module(… KIND PROTO) calls it. Paths are relative to proto/, and so are the #includes:
# #include <sotto/queue/v1/queue.pb.h>. `<target>_generate` only makes the files (scripts/tidy reads code that needs them).
function(sotto_proto target)
  set(root ${CMAKE_SOURCE_DIR}/proto)
  set(out ${CMAKE_BINARY_DIR}/proto-generated)
  file(MAKE_DIRECTORY ${out})
  # A file may import any other: all are made anew when one changes.
  list(TRANSFORM ARGN PREPEND ${root}/ OUTPUT_VARIABLE files)
  set(sources)
  foreach(file ${ARGN})
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
    add_custom_command(
      OUTPUT ${generated}
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${out} --grpc_out=${out}
        --plugin=protoc-gen-grpc=${SOTTO_GRPC_PLUGIN} ${root}/${file}
      DEPENDS ${files}
      VERBATIM)
    list(APPEND sources ${generated})
  endforeach()
  add_custom_target(${target}_generate DEPENDS ${sources})
  add_library(${target} STATIC ${sources})
  add_dependencies(${target} ${target}_generate)
  # Not our code: its warnings are not ours, and its headers are system headers.
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf PkgConfig::GRPC)
endfunction()

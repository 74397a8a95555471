# sotto_module(<path> …) declares what a folder builds; every target of the project goes through it.
#
#   sotto_module(libs/crypto
#     KIND LIBRARY                      LIBRARY (default), PROGRAM, TEST, FUZZ (only with SOTTO_FUZZ, preset fuzz)
#                                     or PROTO (SOURCES are contracts; SottoProto.cmake)
#     SOURCES box.cpp keys.cpp          files of the folder, listed by name
#     DEPENDS libs/base                 other modules, by path: the whole list of what its files may #include
#     EXTERNAL PkgConfig::SODIUM        libraries that are not ours
#     OUTPUT sotto-server               name of the program file (PROGRAM, TEST and FUZZ)
#     TESTS box_test.cpp                unit tests beside the code; they become one test program
#     TEST_DEPENDS tests/support)       what the tests may use beyond DEPENDS
#
# scripts/check-includes reads these calls: an #include of a module that is not in DEPENDS fails the build (make lint).
include(GoogleTest)

function(sotto_target_name path out)
  string(REPLACE "/" "_" name ${path})
  string(REPLACE "-" "_" name ${name})
  set(${out} sotto_${name} PARENT_SCOPE)
endfunction()

function(sotto_link target visibility)
  foreach(dep ${ARGN})
    sotto_target_name(${dep} dep_target)
    target_link_libraries(${target} ${visibility} ${dep_target})
  endforeach()
endfunction()

function(sotto_module path)
  cmake_parse_arguments(M "" "KIND;OUTPUT" "SOURCES;DEPENDS;EXTERNAL;TESTS;TEST_DEPENDS" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sotto_module(${path}): unknown words: ${M_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT M_KIND)
    set(M_KIND LIBRARY)
  endif()
  sotto_target_name(${path} target)
  if(M_KIND STREQUAL "FUZZ" AND NOT SOTTO_FUZZ)
    return()
  endif()
  if(M_KIND STREQUAL "PROTO")
    sotto_proto(${target} ${M_SOURCES})
    return()
  endif()

  if(M_KIND STREQUAL "LIBRARY")
    if(M_SOURCES)
      add_library(${target} STATIC ${M_SOURCES})
      set(visibility PUBLIC)
    else()
      add_library(${target} INTERFACE)
      set(visibility INTERFACE)
    endif()
  else()
    add_executable(${target} ${M_SOURCES})
    set(visibility PRIVATE)
    if(M_OUTPUT)
      set_target_properties(${target} PROPERTIES OUTPUT_NAME ${M_OUTPUT})
    endif()
  endif()
  target_link_libraries(${target} ${visibility} sotto_options ${M_EXTERNAL})
  sotto_link(${target} ${visibility} ${M_DEPENDS})

  if(M_KIND STREQUAL "FUZZ")
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  elseif(SOTTO_FUZZ AND M_SOURCES)
    # The fuzzer steers by what is covered in the libraries, too.
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()

  if(M_KIND STREQUAL "TEST")
    target_link_libraries(${target} PRIVATE GTest::gtest GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
  endif()

  if(M_TESTS)
    add_executable(${target}_test ${M_TESTS})
    target_link_libraries(${target}_test PRIVATE ${target} sotto_options ${M_EXTERNAL} GTest::gtest GTest::gmock
      GTest::gtest_main)
    sotto_link(${target}_test PRIVATE ${M_DEPENDS} ${M_TEST_DEPENDS})
    gtest_discover_tests(${target}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
  endif()
endfunction()

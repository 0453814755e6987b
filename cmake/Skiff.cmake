# Flags and helpers that every module shares.

find_program(SKIFF_CCACHE ccache)
if(SKIFF_CCACHE)
  # What ccache needs to know of precompiled headers, and to serve checkouts in different folders from one cache.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_NOHASHDIR=1
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${SKIFF_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns falsely of overlapping copies in "literal" + std::string (GCC bug 105651).
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
add_compile_definitions(_GNU_SOURCE)
if(SKIFF_PRECOMPILE)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # for ccache
endif()
if(SKIFF_SANITIZE)
  add_compile_options(-fsanitize=${SKIFF_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SKIFF_SANITIZE})
endif()

# skiff_module(NAME SOURCES... [LINK PUBLIC ... PRIVATE ...]): one static library per folder.
# Includes are written from the top of the tree ("pod/spec.h").
function(skiff_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(skiff_${name} STATIC ${ARG_SOURCES})
  target_include_directories(skiff_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(skiff_${name} ${ARG_LINK})
  if(NOT SKIFF_PRECOMPILE)
    return()
  endif()
  if(name STREQUAL "common")
    target_precompile_headers(skiff_common PRIVATE <common/precompiled.h>)
  else()
    target_precompile_headers(skiff_${name} REUSE_FROM skiff_common)
  endif()
endfunction()

# skiff_test_program(NAME SOURCES... LINK ...): one GoogleTest program.
function(skiff_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  if(SKIFF_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM test_precompiled)
  endif()
endfunction()

# skiff_unit_test(NAME SOURCES... LINK ...): one GoogleTest program, run by ctest under the label "unit".
function(skiff_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  skiff_test_program(${name}_test SOURCES ${ARG_SOURCES} LINK ${ARG_LINK})
  target_compile_definitions(${name}_test PRIVATE SKIFF_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
  add_test(NAME unit.${name} COMMAND ${name}_test)
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()

# Flags and helpers that every module shares.

find_program(SKIFF_CCACHE ccache)
if(SKIFF_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SKIFF_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${SKIFF_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns falsely of overlapping copies in "literal" + std::string (GCC bug 105651).
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
add_compile_definitions(_GNU_SOURCE)
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
endfunction()

# skiff_unit_test(NAME SOURCES... LINK ...): one GoogleTest program, run by ctest under the label "unit".
function(skiff_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE SKIFF_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
  add_test(NAME unit.${name} COMMAND ${name}_test)
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

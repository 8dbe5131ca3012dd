# Compiler flags that every target of the project uses.
find_program(SSD_CCACHE ccache)
if(SSD_CCACHE)
  # Builds share objects: paths are taken relative to the build's folder, and a precompiled header is known by what it holds.
  set(ccache env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${SSD_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${ccache})
endif()

# Products and sums are never contracted into FMAs: a formula gives the same bits wherever it is
# inlined and on every device, so matching and NMS agree box for box. Kernels are memory-bound;
# convolutions come from libraries.
# -pthread: Pango's users get it from pkg-config, and clang takes a precompiled header for equal flags only.
set(SSD_HOST_FLAGS -pthread -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(SSD_NATIVE)
  list(APPEND SSD_HOST_FLAGS -march=native)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -Wrestrict: false alarms of gcc 12 in std::string. -Wpsabi: without AVX it tells that vectors are passed in another way
  # than by GCC 4.5.
  list(APPEND SSD_HOST_FLAGS -fmax-errors=5 -Wno-restrict -Wno-psabi)
endif()

# A warning that nobody has seen before should not stop a user's build: AUTO stops at warnings of GCC 12 to 14 only, which
# the project was built with. Under sanitizers GCC gives false alarms, and its manual advises against -Werror.
set(warnings_as_errors "")
if(SSD_WARNINGS_ARE_ERRORS STREQUAL "AUTO")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15 AND NOT SSD_SANITIZE)
    set(warnings_as_errors -Werror)
  endif()
elseif(SSD_WARNINGS_ARE_ERRORS)
  set(warnings_as_errors -Werror)
endif()
add_library(ssd_flags INTERFACE)
target_include_directories(ssd_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(ssd_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${SSD_HOST_FLAGS};${warnings_as_errors}>)

# Sanitizers look at the project's libraries and programs. A test's own code is left out (ssd_test_code) where a sanitizer
# allows that: its objects are then those of the build without sanitizers, and ccache has them.
if(SSD_SANITIZE)
  set(instrumentation -fsanitize=${SSD_SANITIZE} -fno-omit-frame-pointer -UNDEBUG)
  if(SSD_SANITIZE MATCHES "undefined")
    list(APPEND instrumentation -fno-sanitize-recover=all)
  endif()
  set(instrumented $<NOT:$<BOOL:$<TARGET_PROPERTY:SSD_NOT_INSTRUMENTED>>>)
  target_compile_options(ssd_flags INTERFACE $<$<AND:$<COMPILE_LANGUAGE:CXX>,${instrumented}>:${instrumentation}>)
  target_link_options(ssd_flags INTERFACE -fsanitize=${SSD_SANITIZE})
endif()

# Release: the layers that compute are optimised fully (ssd_optimize). The other code only drives them: with -O1 its
# compilation takes a third less time. Under sanitizers, -O1 is for everything.
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -DNDEBUG")
set(default_optimization -O3)
if(SSD_SANITIZE)
  set(default_optimization -O1)
endif()
set(SSD_OPTIMIZATION ${default_optimization} CACHE STRING "How a release build optimises the layers that compute")
function(ssd_optimize target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:${SSD_OPTIMIZATION}>)
endfunction()
# The same for single sources of a target that only drives the others.
function(ssd_optimize_sources)
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:${SSD_OPTIMIZATION}>)
endfunction()

# target_precompile_headers, with what GCC then needs: an option for ccache, and no warnings that are false alarms of gcc 12
# in std::string.
function(ssd_precompile target)
  target_precompile_headers(${target} ${ARGN})
  set(gcc_options -fpch-preprocess -Wno-array-bounds -Wno-stringop-overflow)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${gcc_options}>")
  endif()
endfunction()

# ssd_test_code(TARGET): the code of a test, or what tests share. Most of its compilation would be Catch2's header, which is
# compiled once, for test_support. The rest takes a quarter less time with -Og than with -O1.
function(ssd_test_code target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-Og>)
  if(SSD_SANITIZE MATCHES "thread|memory")  # these have to see all code
    return()
  endif()
  set_target_properties(${target} PROPERTIES SSD_NOT_INSTRUMENTED ON)
  if(target STREQUAL test_support)
    ssd_precompile(${target} PRIVATE tests/support/catch.h <filesystem> <fmt/format.h> <functional> <string> <vector>)
  else()
    ssd_precompile(${target} REUSE_FROM test_support)
  endif()
endfunction()

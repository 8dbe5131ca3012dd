# Compiler flags that every target of the project uses.
find_program(SSD_CCACHE ccache)
if(SSD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SSD_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${SSD_CCACHE})
endif()

# Products and sums are never contracted into FMAs: a formula gives the same bits wherever it is
# inlined and on every device, so matching and NMS agree box for box. Kernels are memory-bound;
# convolutions come from libraries.
set(SSD_HOST_FLAGS -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(SSD_NATIVE)
  list(APPEND SSD_HOST_FLAGS -march=native)
endif()
if(SSD_SANITIZE)
  list(APPEND SSD_HOST_FLAGS -fsanitize=${SSD_SANITIZE} -fno-omit-frame-pointer)
  if(SSD_SANITIZE MATCHES "undefined")
    list(APPEND SSD_HOST_FLAGS -fno-sanitize-recover=all)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # -Wrestrict: false alarms of gcc 12 in std::string
  list(APPEND SSD_HOST_FLAGS -fmax-errors=5 -Wno-restrict)
endif()

add_library(ssd_flags INTERFACE)
target_include_directories(ssd_flags INTERFACE ${CMAKE_SOURCE_DIR})
set(warnings_as_errors "")
if(SSD_WARNINGS_ARE_ERRORS)
  set(warnings_as_errors -Werror)
endif()
target_compile_options(ssd_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${SSD_HOST_FLAGS};${warnings_as_errors}>)
if(SSD_SANITIZE)
  target_link_options(ssd_flags INTERFACE -fsanitize=${SSD_SANITIZE})
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

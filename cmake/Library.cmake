# libssd320, the detector for other programs (docs/embedding.md). It exports the symbols of tools/library/symbols.txt,
# and no others. Not with sanitizers, whose runtime a program has to bring, or with a GPU in software.
# The number goes up when a program that was linked with an earlier version has to be compiled again.
set(SSD_ABI 0)
option(SSD_LIBRARY "Build the shared library libssd320" ON)
if(NOT SSD_LIBRARY OR SSD_SANITIZE OR SSD_CUDA STREQUAL "MODEL")
  return()
endif()

# A linker's version script: C symbols as they are, those of C++ as they read.
set(symbols tools/library/symbols.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${symbols})
file(STRINGS ${symbols} names)
set(c_names "")
set(cpp_names "")
foreach(name IN LISTS names)
  if(name MATCHES "ssd::")
    string(APPEND cpp_names "    \"${name}\";\n")
  else()
    string(APPEND c_names "  ${name};\n")
  endif()
endforeach()
set(script ${CMAKE_BINARY_DIR}/generated/ssd320.map)
file(CONFIGURE OUTPUT ${script} @ONLY CONTENT
     "SSD320_${SSD_ABI} {\nglobal:\n@c_names@  extern \"C++\" {\n@cpp_names@  };\nlocal:\n  *;\n};\n")

file(GLOB library_sources CONFIGURE_DEPENDS tools/library/*.cpp)
add_library(ssd320 SHARED ${library_sources})
add_library(ssd320::ssd320 ALIAS ssd320)
set_target_properties(ssd320 PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${SSD_ABI} CXX_VISIBILITY_PRESET hidden
                      VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${script} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
target_link_libraries(ssd320 PRIVATE run)
target_link_options(ssd320 PRIVATE LINKER:--version-script=${script},--as-needed,--no-undefined)

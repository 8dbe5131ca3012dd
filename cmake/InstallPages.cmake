# Runs at installation: writes what ${program}, which is called ${name}, prints about itself.
foreach(page "man-page|${man}/${name}.1" "bash-completion|share/bash-completion/completions/${name}"
        "zsh-completion|share/zsh/site-functions/_${name}")
  string(REGEX REPLACE "[|].*" "" kind ${page})
  string(REGEX REPLACE ".*[|]" "${CMAKE_INSTALL_PREFIX}/" file ${page})
  set(place "$ENV{DESTDIR}${file}")
  get_filename_component(folder ${place} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  message(STATUS "Installing: ${place}")
  execute_process(COMMAND ${program} --print-${kind} OUTPUT_FILE ${place} COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${file})
endforeach()

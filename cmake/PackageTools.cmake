# cpack reads this before it makes a package. Without these programs it would make one that names no package it needs.
foreach(program dpkg-shlibdeps file)
  find_program(path_of_${program} ${program})
  if(NOT path_of_${program})
    message(FATAL_ERROR "${program} is missing, which finds out what the package depends on: apt-get install dpkg-dev file")
  endif()
endforeach()

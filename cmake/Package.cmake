# `cpack --config BUILD/CPackConfig.cmake` makes a Debian package of what `cmake --install` puts in place. What it depends
# on is found by dpkg-shlibdeps, so the package is for the release on which it was made. tools/try_package.sh tries it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ssd320)
set(CPACK_PACKAGE_VENDOR "The ssd320 authors")
set(CPACK_PACKAGE_CONTACT "The ssd320 authors <ssd320@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trains and runs the object detector SSD320")
set(CPACK_PACKAGE_DESCRIPTION "Programs that train, evaluate, measure and export SSD with a ResNet-50 backbone, and a
library that finds objects in pictures from C++, C and other languages.")
if(SSD_NATIVE)
  string(APPEND CPACK_PACKAGE_DESCRIPTION "\nThis build runs only on CPUs like that of the machine on which it was made.")
endif()
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fonts-dejavu-core")  # names of classes are drawn with it
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pkg-config, cmake")
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_SOURCE_DIR}/cmake/PackageTools.cmake")
include(CPack)

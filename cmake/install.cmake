# Where Debian expects things. `cmake --install build/release --prefix /usr`, with DESTDIR for a package.
#
# The configuration is /etc/propsd whatever the prefix is: GNUInstallDirs would make it /usr/etc of a prefix that is given
# as late as that. For the same reason the units get their paths when they are installed.
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_SYSCONFDIR}")
  set(CMAKE_INSTALL_SYSCONFDIR /etc)
endif()
set(confdir ${CMAKE_INSTALL_SYSCONFDIR}/propsd)

install(TARGETS propsd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS propsctl DESTINATION ${CMAKE_INSTALL_BINDIR})

# A configuration that is there stays: the new one is laid beside it.
install(CODE "
  set(there \"\$ENV{DESTDIR}${confdir}/propsd.conf\")
  set(name propsd.conf)
  if(EXISTS \"\${there}\")
    file(SHA256 \"\${there}\" old)
    file(SHA256 \"${PROJECT_SOURCE_DIR}/etc/propsd.conf\" new)
    if(NOT old STREQUAL new)
      set(name propsd.conf.new)
      message(STATUS \"Kept: \${there}; what this version has is beside it, as propsd.conf.new\")
    endif()
  endif()
  file(INSTALL \"${PROJECT_SOURCE_DIR}/etc/propsd.conf\" DESTINATION \"${confdir}\" RENAME \${name})
")
install(DIRECTORY DESTINATION ${confdir}/conf.d)

set(unitdir lib/systemd/system)
install(CODE "
  set(SBINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\")
  set(BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  set(CONFDIR \"${confdir}\")
  foreach(unit propsd.service propsd@.service propsd-validate.service)
    set(file \"\${CMAKE_INSTALL_PREFIX}/${unitdir}/\${unit}\")
    message(STATUS \"Installing: \$ENV{DESTDIR}\${file}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/systemd/\${unit}.in\" \"\$ENV{DESTDIR}\${file}\" @ONLY)
    list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${file}\")
  endforeach()
")
foreach(unit propsd.socket propsd@.socket propsd-status.socket propsd-status@.socket propsd-validate.timer)
  install(FILES systemd/${unit} DESTINATION ${unitdir})
endforeach()
install(FILES systemd/propsd.sysusers DESTINATION lib/sysusers.d RENAME propsd.conf)
install(FILES systemd/propsd.tmpfiles DESTINATION lib/tmpfiles.d RENAME propsd.conf)

install(FILES etc/completions/propsctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME propsctl)
install(FILES etc/completions/propsctl.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _propsctl)
install(FILES etc/completions/propsctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md CHANGELOG.md ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(FILES etc/prometheus/propsd.rules.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/propsd/prometheus)
install(FILES etc/grafana/propsd.json DESTINATION ${CMAKE_INSTALL_DATADIR}/propsd/grafana)

# To begin with for whoever adds a spelling to it.
install(FILES daemon/league/nba_teams.csv DESTINATION ${CMAKE_INSTALL_DATADIR}/propsd)

# Processors in Python: the helper in a folder of propsd's own, for the interpreter is the user's and of any version. The daemon
# puts the folder into its children's PYTHONPATH.
install(FILES etc/aliases/nba.csv DESTINATION ${CMAKE_INSTALL_DATADIR}/propsd/aliases)
install(FILES worker/propsd_worker.py DESTINATION ${CMAKE_INSTALL_DATADIR}/propsd/python)
install(DIRECTORY etc/bigquery DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES worker/sample_worker.py systemd/processors.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

// What `run`, `create` and `pod create` say about /etc/hosts and /etc/resolv.conf.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

struct NameFlags {
  std::vector<std::string> add_host, dns, dns_search, dns_option;
  bool no_hosts = false;

  void Declare(Arguments& arguments);
  // The first flag that was given, empty: none.
  std::string_view FirstHosts() const;
  std::string_view FirstDns() const;
};

// After the pod's network is known. kInvalid: a network with which a flag means nothing.
common::Result<> ApplyNameFlags(const NameFlags& flags, pod::PodSpec& pod);

}  // namespace skiff::cli

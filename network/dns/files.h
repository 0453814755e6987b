// Writes the files that skiff-dns reads.
#pragma once

#include <string>

#include "common/result.h"
#include "common/system_paths.h"
#include "network/dns/names.h"

namespace skiff::network {

std::string DnsDirectory(const common::SystemPaths& paths);
std::string DnsServicesFile(const std::string& dns_directory);

// Nothing is written when it is there already.
common::Result<> WriteServiceNames(const common::SystemPaths& paths, const DnsServices& services);

}  // namespace skiff::network

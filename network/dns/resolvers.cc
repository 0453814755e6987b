#include "network/dns/resolvers.h"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "common/file.h"

namespace skiff::dns {

std::vector<std::string> ParseNameservers(std::string_view resolv_conf, bool in_user_network) {
  std::vector<std::string> servers;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find_first_of("#;")));
    std::string keyword, server;
    if (words >> keyword >> server && keyword == "nameserver") servers.push_back(server.substr(0, server.find('%')));
  }
  // resolv.conf(5): without any, the name server on this machine.
  if (servers.empty()) servers.push_back("127.0.0.1");
  if (!in_user_network) return servers;
  const auto is_loopback = [](const std::string& server) { return server.starts_with("127.") || server == "::1"; };
  std::ranges::replace_if(servers, is_loopback, kPastaForwarder);
  return servers;
}

const std::vector<std::string>& Resolvers::Servers() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0) return servers_;
  const bool same = now.st_ino == inode_ && now.st_mtim.tv_sec == modified_.tv_sec && now.st_mtim.tv_nsec == modified_.tv_nsec;
  if (same) return servers_;
  if (const auto text = common::ReadFile(path_)) {
    servers_ = ParseNameservers(*text, in_user_network_);
    inode_ = now.st_ino;
    modified_ = now.st_mtim;
  }
  return servers_;
}

}  // namespace skiff::dns

// The name servers that the host itself asks (resolv.conf(5)).
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::dns {

std::vector<std::string> ParseNameservers(std::string_view resolv_conf);

class Resolvers {
 public:
  explicit Resolvers(std::string path) : path_(std::move(path)) {}
  // Reads the file again when it is another one, or has changed.
  const std::vector<std::string>& Servers();

 private:
  std::string path_;
  timespec modified_{};
  unsigned long inode_ = 0;
  std::vector<std::string> servers_;
};

}  // namespace skiff::dns

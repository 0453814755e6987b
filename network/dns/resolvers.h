// The name servers that the host itself asks (resolv.conf(5)).
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::dns {

// Where pasta takes questions in a user's network and asks the machine's own name server, also one on a loopback address.
inline constexpr char kPastaForwarder[] = "169.254.1.1";

// `in_user_network`: loopback addresses are those of another network there, and kPastaForwarder stands for them.
std::vector<std::string> ParseNameservers(std::string_view resolv_conf, bool in_user_network = false);

class Resolvers {
 public:
  Resolvers(std::string path, bool in_user_network) : path_(std::move(path)), in_user_network_(in_user_network) {}
  // Reads the file again when it is another one, or has changed.
  const std::vector<std::string>& Servers();

 private:
  std::string path_;
  bool in_user_network_;
  timespec modified_{};
  unsigned long inode_ = 0;
  std::vector<std::string> servers_;
};

}  // namespace skiff::dns

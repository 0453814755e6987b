// Where the files are that commands write and skiff-dns reads, below the DNS directory of the run directory.
#pragma once

#include <string>

namespace skiff::network {

inline constexpr char kDnsServicesFile[] = "services.json";
inline constexpr char kDnsNetworkFile[] = "network.json";
inline constexpr char kDnsLockFile[] = "server.lock";  // held by the server for its life
inline constexpr char kDnsPortFile[] = "port";         // there when the server could not have port 53

inline std::string DnsNetworksDirectory(const std::string& directory) { return directory + "/networks"; }
inline std::string DnsNetworkDirectory(const std::string& directory, const std::string& network) {
  return DnsNetworksDirectory(directory) + "/" + network;
}
// Exists as long as the network has pods.
inline std::string DnsPodsDirectory(const std::string& directory, const std::string& network) {
  return DnsNetworkDirectory(directory, network) + "/pods";
}

// Descriptors that skiff-dns is started with.
inline constexpr int kDnsLockFd = 3;
inline constexpr int kDnsReadyFd = 4;  // hears "PORT PID\n" once it listens, or the text of an error

}  // namespace skiff::network

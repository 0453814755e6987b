#include "network/port_holder.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "common/file.h"

namespace skiff::network {
namespace {

constexpr std::string_view kTimeWait = "06";  // include/net/tcp_states.h

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <typename T>
std::optional<T> Number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The kernel prints each word of four octets as a number of the machine's byte order.
std::optional<IpAddress> ParseAddress(std::string_view hex, bool ipv6) {
  if (hex.size() != (ipv6 ? 32 : 8)) return std::nullopt;
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i * 8 < hex.size(); ++i) {
    const auto word = Number<uint32_t>(hex.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const bool mapped = ipv6 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff);
  return mapped ? IpAddress::FromBytes(&words[3], false) : IpAddress::FromBytes(words.data(), ipv6);
}

// columns: sl local remote state queues timer retransmits uid timeout inode
std::optional<SocketEntry> ParseLine(std::string_view line, bool ipv6) {
  const auto words = Words(line);
  if (words.size() < 10) return std::nullopt;
  const size_t colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = Number<uint16_t>(words[1].substr(colon + 1), 16);
  const auto inode = Number<uint64_t>(words[9], 10);
  const auto address = ParseAddress(words[1].substr(0, colon), ipv6);
  if (!port || !inode || !address) return std::nullopt;
  return SocketEntry{*address, *port, words[3] == kTimeWait, *inode};
}

bool Conflicts(const SocketEntry& entry, const Port& port, const std::optional<IpAddress>& host_ip) {
  if (entry.port != port.host_port) return false;
  if (!host_ip) return true;
  // A socket of [::] mostly takes IPv4 as well.
  if (entry.address.IsUnspecified()) return entry.address.v6 || !host_ip->v6;
  return entry.address == *host_ip;
}

std::string ProgramOf(const std::string& proc_root, uint64_t inode) {
  const std::string wanted = fmt::format("socket:[{}]", inode);
  const auto processes = common::ListDirectory(proc_root);
  if (!processes) return {};
  for (const std::string& pid : *processes) {
    if (!Number<int>(pid, 10)) continue;
    const std::string folder = fmt::format("{}/{}/fd", proc_root, pid);
    const auto descriptors = common::ListDirectory(folder);
    if (!descriptors) continue;
    for (const std::string& descriptor : *descriptors) {
      const auto target = common::ReadLink(folder + "/" + descriptor);
      if (!target || *target != wanted) continue;
      auto name = common::ReadFile(fmt::format("{}/{}/comm", proc_root, pid));
      if (name && name->ends_with('\n')) name->pop_back();
      return fmt::format("{} (pid {})", name.value_or("a program"), pid);
    }
  }
  return {};
}

}  // namespace

std::vector<SocketEntry> ParseSocketTable(std::string_view text, bool ipv6) {
  std::vector<SocketEntry> entries;
  size_t at = std::min(text.find('\n'), text.size());  // the first line names the columns
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at + 1), text.size());
    if (auto entry = ParseLine(text.substr(at + 1, end - at - 1), ipv6)) entries.push_back(*entry);
    at = end;
  }
  return entries;
}

PortUse FindPortUse(const std::string& proc_root, const Port& port) {
  std::optional<IpAddress> host_ip;
  if (const auto parsed = IpAddress::Parse(port.host_ip)) host_ip = *parsed;
  PortUse use;
  bool time_wait = false;
  for (const bool ipv6 : {false, true}) {
    const auto text = common::ReadFile(fmt::format("{}/net/{}{}", proc_root, port.protocol, ipv6 ? "6" : ""));
    if (!text) continue;  // no IPv6, or a protocol without such a table
    for (const SocketEntry& entry : ParseSocketTable(*text, ipv6)) {
      if (!Conflicts(entry, port, host_ip)) continue;
      time_wait = time_wait || entry.time_wait;
      if (entry.time_wait) continue;
      use.in_use = true;
      if (use.program.empty() && entry.inode != 0) use.program = ProgramOf(proc_root, entry.inode);
    }
  }
  use.only_time_wait = time_wait && !use.in_use;
  return use;
}

}  // namespace skiff::network

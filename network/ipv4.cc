#include "network/ipv4.h"

#include <arpa/inet.h>

#include <charconv>

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

uint32_t Mask(int prefix_length) { return prefix_length == 0 ? 0 : ~uint32_t{0} << (32 - prefix_length); }

}  // namespace

Result<Ipv4Address> Ipv4Address::Parse(std::string_view text) {
  in_addr parsed;
  if (::inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IPv4 address", text);
  return Ipv4Address{ntohl(parsed.s_addr)};
}

std::string Ipv4Address::ToString() const {
  return fmt::format("{}.{}.{}.{}", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
}

uint32_t Ipv4Address::network_order() const { return htonl(value); }

Result<Ipv4Subnet> Ipv4Subnet::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IPv4 subnet (ADDRESS/LENGTH)", text);
  ASSIGN_OR_RETURN(const Ipv4Address address, Ipv4Address::Parse(text.substr(0, slash)));
  int length = 0;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length < 0 || length > 32)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IPv4 subnet: the prefix length goes from 0 to 32",
                     text);
  return Of(address, length);
}

Ipv4Subnet Ipv4Subnet::Of(Ipv4Address address, int prefix_length) {
  return {Ipv4Address{address.value & Mask(prefix_length)}, prefix_length};
}

std::string Ipv4Subnet::ToString() const { return fmt::format("{}/{}", base.ToString(), prefix_length); }

Ipv4Address Ipv4Subnet::last() const { return {base.value | ~Mask(prefix_length)}; }

bool Ipv4Subnet::Contains(Ipv4Address address) const {
  return (address.value & Mask(prefix_length)) == base.value;
}

bool Ipv4Subnet::Overlaps(const Ipv4Subnet& other) const {
  return Contains(other.base) || other.Contains(base);
}

}  // namespace skiff::network

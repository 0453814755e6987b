#include "network/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Sets the bits beyond the prefix to `value`.
void FillHostBits(IpAddress& address, int prefix_length, bool value) {
  for (int bit = prefix_length; bit < address.bits(); ++bit) {
    const auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
    uint8_t& octet = address.bytes[static_cast<size_t>(bit / 8)];
    octet = static_cast<uint8_t>(value ? octet | mask : octet & ~mask);
  }
}

}  // namespace

Result<IpAddress> IpAddress::Parse(std::string_view text) {
  IpAddress address;
  const std::string terminated(text);
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IP address", text);
}

IpAddress IpAddress::FromBytes(const void* data, bool is_v6) {
  IpAddress address;
  address.v6 = is_v6;
  std::memcpy(address.bytes.data(), data, address.size());
  return address;
}

IpAddress IpAddress::V4(uint32_t host_order) {
  const uint32_t value = htonl(host_order);
  return FromBytes(&value, false);
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family(), bytes.data(), text, sizeof text);
  return text;
}

int IpAddress::family() const { return v6 ? AF_INET6 : AF_INET; }

bool IpAddress::IsLoopback() const {
  if (!v6) return bytes[0] == 127;
  IpAddress loopback{.v6 = true};
  loopback.bytes[15] = 1;
  return *this == loopback;
}

IpAddress IpAddress::Plus(uint64_t distance) const {
  IpAddress sum = *this;
  uint64_t carry = distance;
  for (size_t i = size(); i-- > 0 && carry != 0;) {
    const uint64_t octet = (carry & 0xff) + sum.bytes[i];
    sum.bytes[i] = static_cast<uint8_t>(octet);
    carry = (carry >> 8) + (octet >> 8);
  }
  return sum;
}

uint64_t IpAddress::DistanceFrom(const IpAddress& base) const {
  std::array<uint8_t, 16> difference{};
  int borrow = 0;
  for (size_t i = size(); i-- > 0;) {
    const int value = bytes[i] - base.bytes[i] - borrow;
    borrow = value < 0 ? 1 : 0;
    difference[i] = static_cast<uint8_t>(value);
  }
  uint64_t distance = 0;
  for (size_t i = 0; i < size(); ++i) {
    if (distance >> 56 != 0) return std::numeric_limits<uint64_t>::max();
    distance = distance << 8 | difference[i];
  }
  return distance;
}

Result<IpSubnet> IpSubnet::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IP subnet (ADDRESS/LENGTH)", text);
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text.substr(0, slash)));
  int length = 0;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length < 0 || length > address.bits())
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not an IP subnet: the prefix length goes from 0 to {}", text,
                     address.bits());
  return Of(address, length);
}

IpSubnet IpSubnet::Of(IpAddress address, int prefix_length) {
  FillHostBits(address, prefix_length, false);
  return {address, prefix_length};
}

std::string IpSubnet::ToString() const { return fmt::format("{}/{}", base.ToString(), prefix_length); }

IpAddress IpSubnet::last() const {
  IpAddress address = base;
  FillHostBits(address, prefix_length, true);
  return address;
}

bool IpSubnet::Contains(const IpAddress& address) const {
  return address.v6 == base.v6 && Of(address, prefix_length).base == base;
}

bool IpSubnet::Overlaps(const IpSubnet& other) const { return Contains(other.base) || other.Contains(base); }

}  // namespace skiff::network

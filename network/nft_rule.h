// Rules, written down as nft(8) compiles them: a list of expressions over registers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "network/ip_address.h"
#include "network/netfilter_socket.h"

namespace skiff::network {

class RuleBuilder {
 public:
  RuleBuilder(const std::string& table, const std::string& chain);

  // Loads; without a register into the first one. Registers are 4 octets wide: `word` 0, 1, 2, ...
  RuleBuilder& Meta(uint32_t key, uint32_t word = 0);
  RuleBuilder& NetworkHeader(uint32_t offset, uint32_t length, uint32_t word = 0);
  RuleBuilder& TransportHeader(uint32_t offset, uint32_t length, uint32_t word = 0);
  RuleBuilder& ConntrackStatus();
  RuleBuilder& ConntrackState();
  // The type (RTN_LOCAL, ...) of the packet's address.
  RuleBuilder& SourceType();
  RuleBuilder& DestinationType();
  // This value itself.
  RuleBuilder& Value(const void* data, size_t size, uint32_t word = 0);

  // The rule goes on only if the first register ...
  RuleBuilder& Equals(const void* data, size_t size);
  RuleBuilder& Differs(const void* data, size_t size);
  RuleBuilder& EqualsU8(uint8_t value) { return Equals(&value, sizeof value); }
  RuleBuilder& EqualsU32(uint32_t value) { return Equals(&value, sizeof value); }
  RuleBuilder& HasBits(uint32_t mask);
  RuleBuilder& InSet(const std::string& set);
  RuleBuilder& NotInSet(const std::string& set);
  // ... is a key of the map; the value replaces it in the registers.
  RuleBuilder& MapTo(const std::string& map);
  // ... is a key of the verdict map, which then decides; else the rule does not match.
  RuleBuilder& DecideBy(const std::string& verdict_map);
  // Only packets of that family, of an inet table.
  RuleBuilder& OnlyIpv4();
  RuleBuilder& OnlyIpv6();
  // ... is an address of this subnet.
  RuleBuilder& InSubnet(const IpSubnet& subnet);
  // A random number below `count`, in the host's byte order.
  RuleBuilder& Random(uint32_t count);
  // Puts the first register into the set, or starts its time anew. When the set is full the rule ends here.
  RuleBuilder& Remember(const std::string& set);

  RuleBuilder& Counter();
  // Ends: what happens to the packet. Dnat takes the address from word 0 on and the port from the word behind it
  // (1, and 4 for IPv6).
  RuleBuilder& Dnat();
  RuleBuilder& DnatIpv6();
  RuleBuilder& Masquerade();
  RuleBuilder& Verdict(int verdict);  // NF_ACCEPT, NF_DROP
  RuleBuilder& Jump(const std::string& chain);
  RuleBuilder& Goto(const std::string& chain);
  RuleBuilder& RejectWithReset();            // of TCP
  RuleBuilder& RejectAsPortUnreachable();    // ICMP

  RuleBuilder& Comment(std::string_view text);
  UniqueRule Build() { return std::move(rule_); }

 private:
  nftnl_expr* Add(const char* name);
  RuleBuilder& Compare(uint32_t operation, const void* data, size_t size);
  RuleBuilder& Conntrack(uint32_t key);
  RuleBuilder& AddressType(uint32_t flag);
  RuleBuilder& Translate(uint32_t family, uint32_t port_word);
  RuleBuilder& Payload(uint32_t base, uint32_t offset, uint32_t length, uint32_t word);
  RuleBuilder& Lookup(const std::string& set, uint32_t flags);
  RuleBuilder& Continue(int verdict, const std::string& chain);
  RuleBuilder& Reject(uint32_t type, uint8_t code);

  UniqueRule rule_;
};

}  // namespace skiff::network

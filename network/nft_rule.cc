#include "network/nft_rule.h"

#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <array>

namespace skiff::network {
namespace {

// NFT_REG_1 is the first of the 16 octets wide registers, the same place as word 0; keys start there.
constexpr uint32_t kFirst = NFT_REG_1;

uint32_t Register(uint32_t word) { return word == 0 ? kFirst : NFT_REG32_00 + word; }

}  // namespace

RuleBuilder::RuleBuilder(const std::string& table, const std::string& chain) : rule_(nftnl_rule_alloc()) {
  nftnl_rule_set_str(rule_.get(), NFTNL_RULE_TABLE, table.c_str());
  nftnl_rule_set_str(rule_.get(), NFTNL_RULE_CHAIN, chain.c_str());
}

nftnl_expr* RuleBuilder::Add(const char* name) {
  nftnl_expr* expression = nftnl_expr_alloc(name);
  nftnl_rule_add_expr(rule_.get(), expression);
  return expression;
}

RuleBuilder& RuleBuilder::Meta(uint32_t key, uint32_t word) {
  nftnl_expr* e = Add("meta");
  nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
  nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, Register(word));
  return *this;
}

RuleBuilder& RuleBuilder::Payload(uint32_t base, uint32_t offset, uint32_t length, uint32_t word) {
  nftnl_expr* e = Add("payload");
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, length);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, Register(word));
  return *this;
}

RuleBuilder& RuleBuilder::NetworkHeader(uint32_t offset, uint32_t length, uint32_t word) {
  return Payload(NFT_PAYLOAD_NETWORK_HEADER, offset, length, word);
}

RuleBuilder& RuleBuilder::TransportHeader(uint32_t offset, uint32_t length, uint32_t word) {
  return Payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, length, word);
}

RuleBuilder& RuleBuilder::ConntrackStatus() { return Conntrack(NFT_CT_STATUS); }

RuleBuilder& RuleBuilder::ConntrackState() { return Conntrack(NFT_CT_STATE); }

RuleBuilder& RuleBuilder::Conntrack(uint32_t key) {
  nftnl_expr* e = Add("ct");
  nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, key);
  nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, kFirst);
  return *this;
}

RuleBuilder& RuleBuilder::SourceType() { return AddressType(NFTA_FIB_F_SADDR); }

RuleBuilder& RuleBuilder::DestinationType() { return AddressType(NFTA_FIB_F_DADDR); }

RuleBuilder& RuleBuilder::AddressType(uint32_t flag) {
  nftnl_expr* e = Add("fib");
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, flag);
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, kFirst);
  return *this;
}

RuleBuilder& RuleBuilder::Value(const void* data, size_t size, uint32_t word) {
  nftnl_expr* e = Add("immediate");
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, Register(word));
  nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, data, static_cast<uint32_t>(size));
  return *this;
}

RuleBuilder& RuleBuilder::Equals(const void* data, size_t size) { return Compare(NFT_CMP_EQ, data, size); }

RuleBuilder& RuleBuilder::Differs(const void* data, size_t size) { return Compare(NFT_CMP_NEQ, data, size); }

RuleBuilder& RuleBuilder::Compare(uint32_t operation, const void* data, size_t size) {
  nftnl_expr* e = Add("cmp");
  nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, kFirst);
  nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, operation);
  nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, static_cast<uint32_t>(size));
  return *this;
}

RuleBuilder& RuleBuilder::HasBits(uint32_t mask) {
  const uint32_t zero = 0;
  nftnl_expr* bits = Add("bitwise");
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_SREG, kFirst);
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_DREG, kFirst);
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_LEN, sizeof mask);
  nftnl_expr_set(bits, NFTNL_EXPR_BITWISE_MASK, &mask, sizeof mask);
  nftnl_expr_set(bits, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof zero);
  nftnl_expr* compare = Add("cmp");
  nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, kFirst);
  nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, NFT_CMP_NEQ);
  nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, &zero, sizeof zero);
  return *this;
}

RuleBuilder& RuleBuilder::Lookup(const std::string& set, uint32_t flags) {
  nftnl_expr* e = Add("lookup");
  nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, kFirst);
  nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set.c_str());
  if (flags != 0) nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, flags);
  return *this;
}

RuleBuilder& RuleBuilder::InSet(const std::string& set) { return Lookup(set, 0); }

RuleBuilder& RuleBuilder::NotInSet(const std::string& set) { return Lookup(set, NFT_LOOKUP_F_INV); }

RuleBuilder& RuleBuilder::MapTo(const std::string& map) {
  nftnl_expr* e = Add("lookup");
  nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, kFirst);
  nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, kFirst);
  nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, map.c_str());
  return *this;
}

RuleBuilder& RuleBuilder::DecideBy(const std::string& verdict_map) {
  nftnl_expr* e = Add("lookup");
  nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, kFirst);
  nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, verdict_map.c_str());
  return *this;
}

RuleBuilder& RuleBuilder::InSubnet(const IpSubnet& subnet) {
  const auto size = static_cast<uint32_t>(subnet.base.size());
  std::array<uint8_t, 16> mask{}, zero{};
  for (int bit = 0; bit < subnet.prefix_length; ++bit)
    mask[static_cast<size_t>(bit / 8)] = static_cast<uint8_t>(mask[static_cast<size_t>(bit / 8)] | 0x80 >> bit % 8);
  nftnl_expr* bits = Add("bitwise");
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_SREG, kFirst);
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_DREG, kFirst);
  nftnl_expr_set_u32(bits, NFTNL_EXPR_BITWISE_LEN, size);
  nftnl_expr_set(bits, NFTNL_EXPR_BITWISE_MASK, mask.data(), size);
  nftnl_expr_set(bits, NFTNL_EXPR_BITWISE_XOR, zero.data(), size);
  return Equals(subnet.base.data(), size);
}

RuleBuilder& RuleBuilder::Random(uint32_t count) {
  nftnl_expr* e = Add("numgen");
  nftnl_expr_set_u32(e, NFTNL_EXPR_NG_DREG, kFirst);
  nftnl_expr_set_u32(e, NFTNL_EXPR_NG_MODULUS, count);
  nftnl_expr_set_u32(e, NFTNL_EXPR_NG_TYPE, NFT_NG_RANDOM);
  return *this;
}

RuleBuilder& RuleBuilder::Remember(const std::string& set) {
  nftnl_expr* e = Add("dynset");
  nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
  nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, kFirst);
  nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME, set.c_str());
  return *this;
}

RuleBuilder& RuleBuilder::OnlyIpv4() { return Meta(NFT_META_NFPROTO).EqualsU8(NFPROTO_IPV4); }

RuleBuilder& RuleBuilder::OnlyIpv6() { return Meta(NFT_META_NFPROTO).EqualsU8(NFPROTO_IPV6); }

RuleBuilder& RuleBuilder::Counter() {
  Add("counter");
  return *this;
}

RuleBuilder& RuleBuilder::Dnat() { return Translate(NFPROTO_IPV4, 1); }

RuleBuilder& RuleBuilder::DnatIpv6() { return Translate(NFPROTO_IPV6, 4); }

RuleBuilder& RuleBuilder::Translate(uint32_t family, uint32_t port_word) {
  nftnl_expr* e = Add("nat");
  nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
  nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_FAMILY, family);
  nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_ADDR_MIN, Register(0));
  nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_PROTO_MIN, Register(port_word));
  return *this;
}

RuleBuilder& RuleBuilder::Masquerade() {
  Add("masq");
  return *this;
}

RuleBuilder& RuleBuilder::Verdict(int verdict) {
  nftnl_expr* e = Add("immediate");
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, static_cast<uint32_t>(verdict));
  return *this;
}

RuleBuilder& RuleBuilder::Continue(int verdict, const std::string& chain) {
  nftnl_expr* e = Add("immediate");
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, static_cast<uint32_t>(verdict));
  nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain.c_str());
  return *this;
}

RuleBuilder& RuleBuilder::Jump(const std::string& chain) { return Continue(NFT_JUMP, chain); }

RuleBuilder& RuleBuilder::Goto(const std::string& chain) { return Continue(NFT_GOTO, chain); }

RuleBuilder& RuleBuilder::Reject(uint32_t type, uint8_t code) {
  nftnl_expr* e = Add("reject");
  nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, type);
  nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, code);
  return *this;
}

RuleBuilder& RuleBuilder::RejectWithReset() { return Reject(NFT_REJECT_TCP_RST, 0); }

RuleBuilder& RuleBuilder::RejectAsPortUnreachable() {
  return Reject(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH);
}

RuleBuilder& RuleBuilder::Comment(std::string_view text) {
  const UniqueUdata buffer(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
  nftnl_udata_put_strz(buffer.get(), NFTNL_UDATA_RULE_COMMENT, std::string(text).c_str());
  nftnl_rule_set_data(rule_.get(), NFTNL_RULE_USERDATA, nftnl_udata_buf_data(buffer.get()),
                      nftnl_udata_buf_len(buffer.get()));
  return *this;
}

}  // namespace skiff::network

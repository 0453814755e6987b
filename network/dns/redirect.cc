#include "network/dns/redirect.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <cerrno>
#include <optional>

#include "network/foreign_firewall.h"
#include "network/ip_address.h"
#include "network/netfilter_socket.h"
#include "network/nft_ruleset.h"

namespace skiff::network {

using common::Result;

namespace {

// Where port 53 leads now; absent: nowhere else.
Result<std::optional<PortTarget>> Current(NetfilterSocket& socket, const Port& mapping, bool v6) {
  ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping, v6, nullptr));
  std::optional<Result<PortTarget>> target;
  const auto asked = socket.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETSETELEM, NFPROTO_INET, 0,
      [&](nlmsghdr* request) { nftnl_set_elems_nlmsg_build_payload(request, element.get()); }, "look up port 53",
      [&](const nlmsghdr* answer) { target = ParsePortTarget(answer); });
  if (!asked && asked.error().errno_value() != ENOENT) return asked.error();
  if (!asked || !target) return std::optional<PortTarget>();
  TRY(*target);
  return std::optional(**target);
}

}  // namespace

Result<> RedirectQuestions(const DnsNetwork& network, uint16_t port) {
  ASSIGN_OR_RETURN(NetfilterSocket socket, NetfilterSocket::Open());
  NftBatch batch;
  for (const std::string& text : network.addresses) {
    const auto address = IpAddress::Parse(text);
    if (!address) continue;
    for (const char* protocol : {"udp", "tcp"}) {
      const Port mapping{.host_ip = text, .host_port = kDnsPort, .container_port = port, .protocol = protocol};
      ASSIGN_OR_RETURN(const auto current, Current(socket, mapping, address->v6));
      if (current && port != 0 && *current == PortTarget{*address, port}) continue;
      if (current) {
        ASSIGN_OR_RETURN(const UniqueSet old, PortElement(mapping, address->v6, nullptr));
        batch.DeleteElements(old.get(), NFPROTO_INET);
      }
      if (port == 0) continue;
      ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping, address->v6, &*address));
      batch.AddElements(element.get(), NFPROTO_INET, NLM_F_EXCL);
    }
  }
  TRY(socket.Apply(batch, fmt::format("lead port 53 of {} to skiff-dns", fmt::join(network.addresses, ", "))));
  return network.interface.empty() ? Result<>() : AdmitServerPort(socket, network.interface, port);
}

}  // namespace skiff::network

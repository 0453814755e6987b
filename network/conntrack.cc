#include "network/conntrack.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

namespace skiff::network {

using common::Result;

namespace {

// Which parts of a tuple the kernel compares (net/netfilter/nf_internals.h; since Linux 5.8, older ones list
// every flow).
constexpr uint32_t kMatchSource = 1 << 0;
constexpr uint32_t kMatchProtocol = 1 << 3;
constexpr uint32_t kMatchDestinationPort = 1 << 5;

struct Tuple {
  IpAddress source, destination;
  uint8_t protocol = 0;
  uint16_t source_port = 0, destination_port = 0;
};

struct Flow {
  Tuple original;
  Tuple reply;
  std::string original_attribute;  // CTA_TUPLE_ORIG's payload, to name the flow with
  std::optional<uint32_t> id;
};

// Calls `visit` for every attribute in the given bytes (the macros of libmnl are C).
template <typename Visit>
void ForEachAttribute(const void* data, size_t size, Visit visit) {
  const auto* end = static_cast<const char*>(data) + size;
  const auto* attribute = static_cast<const nlattr*>(data);
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute))
    visit(attribute);
}

template <typename Visit>
void ForEachNested(const nlattr* nest, Visit visit) {
  ForEachAttribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

Tuple ParseTuple(const nlattr* nest) {
  Tuple tuple;
  ForEachNested(nest, [&](const nlattr* part) {
    if (mnl_attr_get_type(part) == CTA_TUPLE_IP) {
      ForEachNested(part, [&](const nlattr* ip) {
        const int type = mnl_attr_get_type(ip);
        if (type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC)
          tuple.source = IpAddress::FromBytes(mnl_attr_get_payload(ip), type == CTA_IP_V6_SRC);
        if (type == CTA_IP_V4_DST || type == CTA_IP_V6_DST)
          tuple.destination = IpAddress::FromBytes(mnl_attr_get_payload(ip), type == CTA_IP_V6_DST);
      });
    } else if (mnl_attr_get_type(part) == CTA_TUPLE_PROTO) {
      ForEachNested(part, [&](const nlattr* protocol) {
        if (mnl_attr_get_type(protocol) == CTA_PROTO_NUM) tuple.protocol = mnl_attr_get_u8(protocol);
        if (mnl_attr_get_type(protocol) == CTA_PROTO_SRC_PORT)
          tuple.source_port = ntohs(mnl_attr_get_u16(protocol));
        if (mnl_attr_get_type(protocol) == CTA_PROTO_DST_PORT)
          tuple.destination_port = ntohs(mnl_attr_get_u16(protocol));
      });
    }
  });
  return tuple;
}

Flow ParseFlow(const nlmsghdr* answer) {
  Flow flow;
  const auto* data = static_cast<const char*>(mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)));
  const size_t size = mnl_nlmsg_get_payload_len(answer) - sizeof(nfgenmsg);
  ForEachAttribute(data, size, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case CTA_TUPLE_ORIG:
        flow.original = ParseTuple(attribute);
        flow.original_attribute.assign(static_cast<const char*>(mnl_attr_get_payload(attribute)),
                                       mnl_attr_get_payload_len(attribute));
        break;
      case CTA_TUPLE_REPLY:
        flow.reply = ParseTuple(attribute);
        break;
      case CTA_ID:
        flow.id = mnl_attr_get_u32(attribute);
        break;
    }
  });
  return flow;
}

void PutFilter(nlmsghdr* request, uint32_t original, uint32_t reply) {
  nlattr* filter = mnl_attr_nest_start(request, CTA_FILTER);
  mnl_attr_put_u32(request, CTA_FILTER_ORIG_FLAGS, original);
  mnl_attr_put_u32(request, CTA_FILTER_REPLY_FLAGS, reply);
  mnl_attr_nest_end(request, filter);
}

Result<> Forget(NetfilterSocket& socket, int family, const std::function<void(nlmsghdr*)>& filter,
                const std::function<bool(const Flow&)>& matches) {
  std::vector<Flow> flows;
  TRY(socket.Query(NetfilterSocket::kConntrack | IPCTNL_MSG_CT_GET, family, NLM_F_DUMP, filter,
                   "list the tracked connections", [&](const nlmsghdr* answer) {
                     Flow flow = ParseFlow(answer);
                     if (matches(flow)) flows.push_back(std::move(flow));
                   }));
  for (const Flow& flow : flows) {
    const auto result = socket.Query(
        NetfilterSocket::kConntrack | IPCTNL_MSG_CT_DELETE, family, 0,
        [&](nlmsghdr* request) {
          mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED, flow.original_attribute.size(),
                       flow.original_attribute.data());
          if (flow.id) mnl_attr_put_u32(request, CTA_ID, *flow.id);
        },
        "forget a tracked connection", [](const nlmsghdr*) {});
    if (!result && result.error().errno_value() != ENOENT) return result;
  }
  return {};
}

// Of the UDP flows that lead to this address.
Result<> ForgetUdpFlowsTo(NetfilterSocket& socket, const IpAddress& address, const std::function<bool(const Flow&)>& matches) {
  const auto filter = [&](nlmsghdr* request) {
    nlattr* tuple = mnl_attr_nest_start(request, CTA_TUPLE_REPLY);
    nlattr* ip = mnl_attr_nest_start(request, CTA_TUPLE_IP);
    mnl_attr_put(request, address.v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, address.size(), address.data());
    mnl_attr_nest_end(request, ip);
    nlattr* protocol = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(request, CTA_PROTO_NUM, IPPROTO_UDP);
    mnl_attr_nest_end(request, protocol);
    mnl_attr_nest_end(request, tuple);
    PutFilter(request, 0, kMatchSource | kMatchProtocol);
  };
  return Forget(socket, address.family(), filter, [&](const Flow& flow) {
    return flow.reply.protocol == IPPROTO_UDP && flow.reply.source == address && matches(flow);
  });
}

}  // namespace

Result<> ForgetUdpFlowsTo(NetfilterSocket& socket, const IpAddress& address) {
  return ForgetUdpFlowsTo(socket, address, [](const Flow&) { return true; });
}

Result<> ForgetUdpFlows(NetfilterSocket& socket, const std::set<TranslatedUdp>& ways) {
  std::set<IpAddress> targets;
  for (const TranslatedUdp& way : ways) targets.insert(way.target);
  for (const IpAddress& target : targets) {
    TRY(ForgetUdpFlowsTo(socket, target, [&](const Flow& flow) {
      TranslatedUdp way{flow.original.destination, flow.original.destination_port, flow.reply.source, flow.reply.source_port};
      if (ways.contains(way)) return true;
      way.address.reset();
      return ways.contains(way);
    }));
  }
  return {};
}

// The kernel walks all of its flows each time that it is asked: once for all ports.
Result<> ForgetUdpFlowsToPorts(NetfilterSocket& socket, const std::set<uint16_t>& ports) {
  if (ports.empty()) return {};
  const auto filter = [&](nlmsghdr* request) {
    nlattr* tuple = mnl_attr_nest_start(request, CTA_TUPLE_ORIG);
    nlattr* protocol = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(request, CTA_PROTO_NUM, IPPROTO_UDP);
    if (ports.size() == 1) mnl_attr_put_u16(request, CTA_PROTO_DST_PORT, htons(*ports.begin()));
    mnl_attr_nest_end(request, protocol);
    mnl_attr_nest_end(request, tuple);
    PutFilter(request, kMatchProtocol | (ports.size() == 1 ? kMatchDestinationPort : 0), 0);
  };
  for (const int family : {AF_INET, AF_INET6}) {
    TRY(Forget(socket, family, filter, [&](const Flow& flow) {
      return flow.original.protocol == IPPROTO_UDP && ports.contains(flow.original.destination_port);
    }));
  }
  return {};
}

}  // namespace skiff::network

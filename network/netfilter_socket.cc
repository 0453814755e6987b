#include "network/netfilter_socket.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "network/home_namespace.h"

namespace skiff::network {

using common::Result;

namespace {

// The largest single message: a rule of ours has under 1 KiB.
constexpr size_t kMessageRoom = 4096;
constexpr int kAnswerRoom = 1 << 16;
constexpr int kDumpAttempts = 100;
constexpr size_t kSmallBatch = 100;
constexpr int kErrorRoom = 2048;  // what the kernel counts for one error, with room to spare

constexpr int kCommitAttempts = 4;

// After ENOBUFS: what is left of an answer would be taken for the next one's.
void Drain(int fd) {
  char none[1];
  while (::recv(fd, none, sizeof none, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR || errno == ENOBUFS) {
  }
}

bool EndsListing(const std::string& buffer, size_t size) {
  int left = static_cast<int>(size);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
  for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) return true;
  }
  return false;
}

}  // namespace

template <typename Build>
void NftBatch::Add(int type, int family, int flags, size_t room, Build build) {
  std::string buffer(room, '\0');
  const auto sequence = static_cast<uint32_t>(messages_.size() + 1);
  nlmsghdr* header =
      nftnl_nlmsg_build_hdr(buffer.data(), static_cast<uint16_t>(type), static_cast<uint16_t>(family),
                            static_cast<uint16_t>(flags), sequence);
  build(header);
  buffer.resize(header->nlmsg_len);
  messages_.push_back(std::move(buffer));
}

void NftBatch::AddTable(const nftnl_table* table, int family, int flags) {
  Add(NFT_MSG_NEWTABLE, family, NLM_F_CREATE | flags, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_table_nlmsg_build_payload(h, table); });
}

void NftBatch::DeleteTable(const nftnl_table* table, int family) {
  Add(NFT_MSG_DELTABLE, family, 0, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_table_nlmsg_build_payload(h, table); });
}

void NftBatch::AddChain(const nftnl_chain* chain, int family, int flags) {
  Add(NFT_MSG_NEWCHAIN, family, NLM_F_CREATE | flags, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_chain_nlmsg_build_payload(h, chain); });
}

void NftBatch::AddRule(const nftnl_rule* rule, int family, int flags) {
  Add(NFT_MSG_NEWRULE, family, NLM_F_CREATE | flags, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_rule_nlmsg_build_payload(h, const_cast<nftnl_rule*>(rule)); });
}

void NftBatch::DeleteRule(const nftnl_rule* rule, int family) {
  Add(NFT_MSG_DELRULE, family, 0, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_rule_nlmsg_build_payload(h, const_cast<nftnl_rule*>(rule)); });
}

void NftBatch::AddSet(const nftnl_set* set, int family, int flags) {
  Add(NFT_MSG_NEWSET, family, NLM_F_CREATE | flags, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_set_nlmsg_build_payload(h, const_cast<nftnl_set*>(set)); });
}

void NftBatch::AddElements(const nftnl_set* set, int family, int flags) {
  Add(NFT_MSG_NEWSETELEM, family, NLM_F_CREATE | flags, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_set_elems_nlmsg_build_payload(h, const_cast<nftnl_set*>(set)); });
}

void NftBatch::DeleteElements(const nftnl_set* set, int family) {
  Add(NFT_MSG_DELSETELEM, family, 0, kMessageRoom,
      [&](nlmsghdr* h) { nftnl_set_elems_nlmsg_build_payload(h, const_cast<nftnl_set*>(set)); });
}

std::string NftBatch::Encode() const {
  std::array<char, 64> frame{};
  std::string data;
  data.append(frame.data(), nftnl_batch_begin(frame.data(), 0)->nlmsg_len);
  for (const auto& message : messages_) data += message;
  data.append(frame.data(),
              nftnl_batch_end(frame.data(), static_cast<uint32_t>(messages_.size() + 1))->nlmsg_len);
  return data;
}

void NetfilterSocket::Closer::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Result<NetfilterSocket> NetfilterSocket::Open() {
  NetfilterSocket socket(nullptr);
  TRY(InHomeNamespace([&]() -> Result<> {
    socket.socket_.reset(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!socket.socket_) return common::ErrnoError("open a netfilter netlink socket");
    return {};
  }));
  if (mnl_socket_bind(socket.socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0)
    return common::ErrnoError("bind a netfilter netlink socket");
  return socket;
}

Result<std::vector<NftFailure>> NetfilterSocket::Commit(const NftBatch& batch) {
  const std::string data = batch.Encode();
  const int fd = mnl_socket_get_fd(socket_.get());
  size_t parts = batch.size();
  for (int attempt = 1;; ++attempt) {
    // A batch must be one message, and each part of it may fail: thousands of ports exceed the default buffers.
    if (parts > kSmallBatch) {
      const int send_size = static_cast<int>(2 * data.size());
      const int receive_size = static_cast<int>(parts) * kErrorRoom;
      ::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_size, sizeof send_size);
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_size, sizeof receive_size);
    }
    if (mnl_socket_sendto(socket_.get(), data.data(), data.size()) >= 0) {
      auto failures = ReadFailures(batch.size());
      // Only of a batch that is refused is there anything to tell; so it may be sent again to hear all of it.
      if (failures || failures.error().errno_value() != ENOBUFS || attempt == kCommitAttempts) return failures;
      Drain(fd);
    } else if ((errno != ENOBUFS && errno != EINTR) || attempt == kCommitAttempts) {
      return common::ErrnoError("send an nftables transaction");
    }
    parts = 4 * std::max(parts, kSmallBatch);
  }
}

// The kernel has worked the batch off before sendto returned: what it has to complain about is in the queue already.
Result<std::vector<NftFailure>> NetfilterSocket::ReadFailures(size_t batch_size) {
  std::vector<NftFailure> failures;
  std::string buffer(kAnswerRoom, '\0');
  while (true) {
    const ssize_t received = ::recv(mnl_socket_get_fd(socket_.get()), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) return failures;
    if (received < 0) return common::ErrnoError("read the answer to an nftables transaction");
    int left = static_cast<int>(received);
    const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type != NLMSG_ERROR) continue;
      const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
      if (error->error == 0) continue;
      const size_t sequence = header->nlmsg_seq;
      failures.push_back({sequence == 0 ? batch_size : sequence - 1, -error->error});
    }
  }
}

Result<> NetfilterSocket::Apply(const NftBatch& batch, const std::string& what) {
  if (batch.empty()) return {};
  ASSIGN_OR_RETURN(const auto failures, Commit(batch));
  if (failures.empty()) return {};
  return common::Error::FromErrno(failures.front().error, what);
}

Result<> NetfilterSocket::Query(int type, int family, int flags, const std::function<void(nlmsghdr*)>& build,
                                const std::string& what, const std::function<void(const nlmsghdr*)>& visit) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    std::vector<std::string> answers;
    auto result = Ask(type, family, flags, build, what, answers);
    if (!result && result.error().errno_value() == EINTR) continue;
    TRY(result);
    for (const std::string& answer : answers) visit(reinterpret_cast<const nlmsghdr*>(answer.data()));
    return {};
  }
  return common::MakeError(common::ErrorCode::kBusy, "{}: other programs keep changing it; try again", what);
}

// EINTR: it changed while the kernel listed it, or a part of the answer was lost.
Result<> NetfilterSocket::Ask(int type, int family, int flags, const std::function<void(nlmsghdr*)>& build,
                              const std::string& what, std::vector<std::string>& answers) {
  std::string buffer(kAnswerRoom, '\0');
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = static_cast<uint16_t>(type);
  request->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  request->nlmsg_seq = ++sequence_;
  auto* extra = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg)));
  extra->nfgen_family = static_cast<uint8_t>(family);
  extra->version = NFNETLINK_V0;
  build(request);
  if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0)
    return common::ErrnoError("{}", what);

  const mnl_cb_t keep = [](const nlmsghdr* header, void* argument) {
    static_cast<std::vector<std::string>*>(argument)->emplace_back(reinterpret_cast<const char*>(header),
                                                                   header->nlmsg_len);
    return MNL_CB_OK;
  };
  bool interrupted = false;
  while (true) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {
      Drain(mnl_socket_get_fd(socket_.get()));
      return common::Error::FromErrno(EINTR, what);
    }
    if (received < 0) return common::ErrnoError("{}", what);
    const int result = mnl_cb_run(buffer.data(), static_cast<size_t>(received), sequence_,
                                  mnl_socket_get_portid(socket_.get()), keep, &answers);
    if (result < 0 && errno != EINTR) return common::ErrnoError("{}", what);
    // The rest of the listing has to be read all the same.
    interrupted = interrupted || result < 0;
    if (result == MNL_CB_STOP || EndsListing(buffer, static_cast<size_t>(received))) break;
  }
  if (interrupted) return common::Error::FromErrno(EINTR, what);
  return {};
}

}  // namespace skiff::network

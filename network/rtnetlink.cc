#include "network/rtnetlink.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "network/home_namespace.h"
#include "network/netns.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Room for the largest request (a veth pair) many times over.
constexpr size_t kMessageSize = 4096;
constexpr int kDumpAttempts = 100;

struct SocketDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};

// After ENOBUFS: what is left of an answer would be taken for the next one's.
void Drain(int fd) {
  char none[1];
  while (::recv(fd, none, sizeof none, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR || errno == ENOBUFS) {
  }
}

// By rtnetlink's numbering, four types per kind of object.
bool Changes(const nlmsghdr* request) {
  constexpr int kGet = RTM_GETLINK - RTM_BASE, kKinds = 4;
  return (request->nlmsg_type - RTM_BASE) % kKinds != kGet;
}

// The kernel's explanation that follows an error (NETLINK_EXT_ACK), empty if it gave none.
std::string ExtendedAck(nlmsgerr* error) {
  auto* header = reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  size_t offset = NLMSG_ALIGN(sizeof(nlmsgerr));
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) offset += NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(nlmsghdr));
  const size_t payload = static_cast<size_t>(nlmsg_datalen(header));
  if (offset >= payload) return {};
  nlattr* first = reinterpret_cast<nlattr*>(reinterpret_cast<char*>(error) + offset);
  nlattr* text = nla_find(first, static_cast<int>(payload - offset), NLMSGERR_ATTR_MSG);
  return text != nullptr ? nla_get_string(text) : std::string();
}

}  // namespace

RtnlMessage::RtnlMessage(int type, int flags) : message_(nlmsg_alloc_size(kMessageSize)) {
  complete_ = message_ && nlmsg_put(message_.get(), NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) != nullptr;
}

RtnlMessage& RtnlMessage::AppendBytes(const void* data, size_t size) {
  complete_ = complete_ && nlmsg_append(message_.get(), const_cast<void*>(data), size, NLMSG_ALIGNTO) == 0;
  return *this;
}

RtnlMessage& RtnlMessage::Put(int attribute, const void* data, size_t size) {
  complete_ = complete_ && nla_put(message_.get(), attribute, static_cast<int>(size), data) == 0;
  return *this;
}

RtnlMessage& RtnlMessage::Nest(int attribute, const std::function<void(RtnlMessage&)>& fill) {
  nlattr* nest = complete_ ? nla_nest_start(message_.get(), attribute) : nullptr;
  complete_ = nest != nullptr;
  if (!complete_) return *this;
  fill(*this);
  nla_nest_end(message_.get(), nest);
  return *this;
}

void RtnlMessage::Deleter::operator()(nl_msg* message) const { nlmsg_free(message); }

// What the callbacks of libnl see; on the heap, so that its address survives a move of the socket.
struct RtnlSocket::State {
  std::unique_ptr<nl_sock, SocketDeleter> socket{nl_socket_alloc()};
  bool finished = false;
  int error = 0;  // errno
  std::string explanation;
  bool interrupted = false;  // it changed while the kernel listed it
  std::vector<std::string> answers;

  static int OnValid(nl_msg* message, void* argument) {
    const nlmsghdr* header = nlmsg_hdr(message);
    static_cast<State*>(argument)->answers.emplace_back(reinterpret_cast<const char*>(header),
                                                        header->nlmsg_len);
    return NL_OK;
  }
  static int OnInterrupted(nl_msg*, void* argument) {
    static_cast<State*>(argument)->interrupted = true;
    return NL_OK;
  }
  static int OnFinish(nl_msg*, void* argument) {
    static_cast<State*>(argument)->finished = true;
    return NL_STOP;
  }
  static int OnError(sockaddr_nl*, nlmsgerr* error, void* argument) {
    auto* state = static_cast<State*>(argument);
    state->finished = true;
    state->error = -error->error;
    state->explanation = ExtendedAck(error);
    return NL_STOP;
  }
};

RtnlSocket::RtnlSocket() : state_(std::make_unique<State>()) {}
RtnlSocket::RtnlSocket(RtnlSocket&&) noexcept = default;
RtnlSocket& RtnlSocket::operator=(RtnlSocket&&) noexcept = default;
RtnlSocket::~RtnlSocket() = default;

Result<> RtnlSocket::Connect() {
  nl_sock* socket = state_->socket.get();
  if (socket == nullptr) return MakeError(ErrorCode::kInternal, "routing netlink: out of memory");
  if (const int error = nl_connect(socket, NETLINK_ROUTE); error < 0)
    return MakeError(ErrorCode::kInternal, "open a routing netlink socket: {}", nl_geterror(error));
  nl_socket_disable_seq_check(socket);
  const int on = 1;
  ::setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, State::OnValid, state_.get());
  nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM, State::OnFinish, state_.get());
  nl_socket_modify_cb(socket, NL_CB_DUMP_INTR, NL_CB_CUSTOM, State::OnInterrupted, state_.get());
  nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, State::OnFinish, state_.get());
  nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, State::OnError, state_.get());
  return {};
}

Result<RtnlSocket> RtnlSocket::Open() {
  RtnlSocket socket;
  TRY(InHomeNamespace([&] { return socket.Connect(); }));
  return socket;
}

Result<RtnlSocket> RtnlSocket::OpenIn(int netns_fd) {
  RtnlSocket socket;
  TRY(InNetworkNamespace(netns_fd, [&] { return socket.Connect(); }));
  return socket;
}

Result<> RtnlSocket::Transact(RtnlMessage message, std::string_view what) {
  return Query(std::move(message), what, [](nlmsghdr*) {});
}

Result<> RtnlSocket::Query(RtnlMessage message, std::string_view what,
                           const std::function<void(nlmsghdr*)>& visit) {
  if (!message.complete_)
    return MakeError(ErrorCode::kInternal, "{}: the netlink request is too large", what);
  State& state = *state_;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    state.finished = state.interrupted = false;
    state.error = 0;
    state.explanation.clear();
    state.answers.clear();
    int result = nl_send_auto(state.socket.get(), message.message_.get());
    if (result == -NLE_NOMEM) continue;  // ENOBUFS: nothing was sent
    while (result >= 0 && !state.finished) result = nl_recvmsgs_default(state.socket.get());
    if (state.error != 0) {
      const bool explained = !state.explanation.empty();
      return common::Error::FromErrno(
          state.error, explained ? fmt::format("{} ({})", what, state.explanation) : std::string(what));
    }
    if (!state.finished && result == -NLE_NOMEM) {  // ENOBUFS: some of the answer was lost
      Drain(nl_socket_get_fd(state.socket.get()));
      if (!Changes(nlmsg_hdr(message.message_.get()))) continue;
      return common::Error::FromErrno(ENOBUFS, fmt::format("{}: the kernel's answer was lost", what));
    }
    if (!state.finished) return MakeError(ErrorCode::kInternal, "{}: netlink: {}", what, nl_geterror(result));
    if (state.interrupted) continue;
    for (std::string& answer : state.answers) visit(reinterpret_cast<nlmsghdr*>(answer.data()));
    return {};
  }
  return MakeError(ErrorCode::kBusy, "{}: other programs keep changing it; try again", what);
}

}  // namespace skiff::network

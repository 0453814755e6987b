#include "pod/supervisor/control_client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "common/file.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/socket_address.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

constexpr size_t kInputChunk = 16 * 1024;
constexpr std::chrono::seconds kPatience{5};  // with a supervisor that is being restarted
constexpr std::chrono::milliseconds kPause{2};

Result<UniqueFd> ConnectOnce(const std::string& run_dir) {
  ASSIGN_OR_RETURN(const DirectorySocketAddress address, DirectorySocketAddress::In(run_dir, kControlSocket));
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return common::ErrnoError("socket");
  if (::connect(fd.get(), address.get(), address.size()) != 0)
    return common::ErrnoError("connect to {}", common::JoinPath(run_dir, kControlSocket));
  return fd;
}

ErrorCode CodeOf(std::string_view code) {
  if (code == "not-found") return ErrorCode::kNotFound;
  if (code == "busy") return ErrorCode::kBusy;
  if (code == "timeout") return ErrorCode::kTimeout;
  if (code == "command-not-found") return ErrorCode::kCommandNotFound;
  if (code == "command-not-executable") return ErrorCode::kCommandNotExecutable;
  return ErrorCode::kInternal;
}

// A second "add" or "restart" would be another one, a second signal too.
bool MayRepeat(const ControlRequest& request) {
  return request.op != "add" && request.op != "restart" && request.op != "kill";
}

}  // namespace

Result<ControlClient> ControlClient::Connect(const std::string& run_dir) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto fd = ConnectOnce(run_dir);
    if (fd) return ControlClient(run_dir, std::move(*fd));
    const int cause = fd.error().errno_value();
    if (cause != ENOENT && cause != ECONNREFUSED) return std::move(fd).error();
    ASSIGN_OR_RETURN(const bool alive, PodIsAlive(run_dir));
    if (!alive) return MakeError(ErrorCode::kNotFound, "the pod is not running ({} is not locked)",
                                 common::JoinPath(run_dir, kPodLock));
    if (std::chrono::steady_clock::now() >= deadline) return std::move(fd).error();
    std::this_thread::sleep_for(kPause);
  }
}

Result<ControlReply> ControlClient::Call(const ControlRequest& request, int passed) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto reply = Exchange(request, passed);
  while (!reply && reply.error().code() == ErrorCode::kUnavailable && MayRepeat(request) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);  // a dying process still accepts connections for a moment
    auto again = Connect(run_dir_);
    if (!again) return reply;  // the pod has ended
    fd_ = std::move(again->fd_);
    reply = Exchange(request, passed);
  }
  return reply;
}

Result<ControlReply> ControlClient::Exchange(const ControlRequest& request, int passed) {
  const std::string text = common::EncodeJson(request);
  if (text.size() > kMaxPacket)
    return MakeError(ErrorCode::kInvalid, "request \"{}\" to the supervisor has {} bytes, at most {} are possible",
                     request.op, text.size(), kMaxPacket);
  TRY(SendPacket(fd_.get(), text, passed), "request \"{}\" to the supervisor", request.op);
  ASSIGN_OR_RETURN(const auto packet, ReceivePacket(fd_.get()), "request \"{}\" to the supervisor", request.op);
  if (!packet)
    return MakeError(ErrorCode::kUnavailable, "the pod's supervisor ended before it answered \"{}\"", request.op);
  ASSIGN_OR_RETURN(ControlReply reply, common::DecodeJson<ControlReply>(*packet, "the supervisor's answer"));
  if (!reply.ok) return common::Error(CodeOf(reply.code), reply.error);
  return reply;
}

Result<AttachStream> AttachStream::Open(const std::string& run_dir, const std::string& container) {
  ASSIGN_OR_RETURN(ControlClient client, ControlClient::Connect(run_dir));
  ControlRequest request;
  request.op = "attach";
  request.container = container;
  TRY(client.Call(request));
  return AttachStream(std::move(client).TakeFd());
}

Result<AttachStream::Packet> AttachStream::Read() {
  ASSIGN_OR_RETURN(const auto packet, ReceivePacket(fd_.get()));
  if (!packet) return Packet{};
  const std::string_view rest = std::string_view(*packet).substr(1);
  switch (packet->front()) {
    case 1: {
      Packet end{Packet::Kind::kExit, "", 0};
      std::from_chars(rest.data(), rest.data() + rest.size(), end.exit_code);
      return end;
    }
    case 2: return Packet{Packet::Kind::kStdout, std::string(rest), 0};
    case 3: return Packet{Packet::Kind::kStderr, std::string(rest), 0};
    default:
      return MakeError(ErrorCode::kInternal, "the supervisor sent an unknown stream packet ({})",
                       static_cast<int>(packet->front()));
  }
}

Result<> AttachStream::WriteInput(std::string_view data) {
  while (!data.empty()) {
    TRY(SendPacket(fd_.get(), data.substr(0, kInputChunk)), "standard input");
    data.remove_prefix(std::min(data.size(), kInputChunk));
  }
  return {};
}

Result<> AttachStream::CloseInput() {
  if (::shutdown(fd_.get(), SHUT_WR) != 0 && errno != ENOTCONN) return common::ErrnoError("close standard input");
  return {};
}

}  // namespace skiff::supervisor

#include "pod/supervisor/handler_run.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/json_fields.h"
#include "pod/supervisor/grpc_exchange.h"
#include "pod/supervisor/http_exchange.h"
#include "pod/supervisor/program_attempt.h"
#include "pod/supervisor/socket_attempt.h"

namespace skiff::supervisor {

using common::Result;
using std::chrono::milliseconds;

namespace {

constexpr int kNetworkFd = 3;  // of skiff-probe: the pod's network namespace
constexpr char kLoopback[] = "127.0.0.1";

bool IsAddress(const std::string& host) {
  in6_addr parsed;
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

std::string ShowTime(milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}s", time.count() / 1000) : fmt::format("{}ms", time.count());
}

}  // namespace

HandlerRun::HandlerRun(HandlerContext context, const Handler& handler, std::string purpose,
                       std::optional<milliseconds> timeout, bool hook, Done done)
    : context_(context), handler_(handler), purpose_(std::move(purpose)), timeout_(timeout), hook_(hook), done_(std::move(done)) {
  if (handler_.host.empty()) handler_.host = context_.pod.address.empty() ? kLoopback : context_.pod.address;
  if (handler_.host == "localhost") handler_.host = kLoopback;
  if (timeout_) timer_ = context_.loop.After(*timeout_, [this] { OnTimeout(); });
  StartAttempt();
}

HandlerRun::~HandlerRun() {
  context_.loop.Cancel(timer_);
  context_.loop.Cancel(soon_);
}

pid_t HandlerRun::pid() const { return program_ == nullptr ? 0 : std::max(program_->pid(), 0); }

void HandlerRun::StartAttempt() {
  if (handler_.kind == Handler::Kind::kSleep) {
    soon_ = context_.loop.After(std::chrono::seconds(handler_.seconds), [this] { Finish({true, ""}, false); });
    return;
  }
  auto attempt = MakeAttempt();
  if (attempt) {
    attempt_ = std::move(*attempt);
    return;
  }
  program_ = nullptr;
  soon_ = context_.loop.After(milliseconds(0), [this, message = attempt.error().message()] { Finish({false, message}, false); });
}

Result<std::unique_ptr<Attempt>> HandlerRun::MakeAttempt() {
  const auto done = [this](const ProbeResult& result) { Finish(result, false); };
  if (handler_.kind == Handler::Kind::kExec) {
    const std::string scratch = fmt::format("{}/exec-{}", context_.container.bundle, purpose_);
    ASSIGN_OR_RETURN(auto attempt, ProgramAttempt::StartExec(context_.loop, context_.runtime, context_.container,
                                                             handler_.command, scratch, done));
    program_ = attempt.get();
    return attempt;
  }
  if (hook_ && handler_.kind == Handler::Kind::kTcpSocket)
    return common::MakeError(common::ErrorCode::kUnsupported, "a hook cannot be a tcpSocket: Kubernetes runs none either");
  if (!context_.network) return common::MakeError(common::ErrorCode::kUnavailable, "the pod's network has gone");
  if (handler_.https || !IsAddress(handler_.host)) return MakeHelperAttempt();
  if (handler_.kind == Handler::Kind::kHttpGet) return MakeHttpAttempt();
  std::unique_ptr<ProbeExchange> exchange;
  if (handler_.kind == Handler::Kind::kGrpc) exchange = std::make_unique<GrpcExchange>(handler_);
  return SocketAttempt::Start(context_.loop, *context_.network, handler_, std::move(exchange), done);
}

Result<std::unique_ptr<Attempt>> HandlerRun::MakeHttpAttempt() {
  auto owned = std::make_unique<HttpExchange>(handler_, hook_);
  const HttpExchange* exchange = owned.get();  // lives as long as the attempt
  const auto done = [this, exchange](const ProbeResult& result) {
    const auto next = exchange->redirect();
    if (!next || hook_) return Finish(result, false);
    if (++redirects_ >= kMostRedirects)
      return Finish({false, fmt::format("Get \"{}\": stopped after {} redirects", ProbeUrl(*next), kMostRedirects)}, false);
    handler_ = *next;
    attempt_.reset();
    StartAttempt();
  };
  return SocketAttempt::Start(context_.loop, *context_.network, handler_, std::move(owned), done);
}

// TLS and the resolver would be the larger part of a supervisor that nearly never needs them.
Result<std::unique_ptr<Attempt>> HandlerRun::MakeHelperAttempt() {
  common::Command command;
  command.argv = {context_.pod.probe_program, hook_ ? "hook" : "probe", common::EncodeJson(handler_)};
  command.pass_fds.emplace_back(context_.network->fd(), kNetworkFd);
  const auto judge = [](common::ExitStatus status, const std::string& output) -> ProbeResult {
    return {status.ok(), output, status.ok() && !output.empty()};
  };
  ASSIGN_OR_RETURN(auto attempt, ProgramAttempt::Start(context_.loop, std::move(command), judge,
                                                       [this](const ProbeResult& result) { Finish(result, false); }));
  return attempt;
}

std::string HandlerRun::TimeoutMessage() const {
  switch (handler_.kind) {
    case Handler::Kind::kHttpGet:
      return fmt::format("Get \"{}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                         ProbeUrl(handler_));
    case Handler::Kind::kTcpSocket: return fmt::format("dial tcp {}: i/o timeout", HostAndPort(handler_));
    case Handler::Kind::kGrpc: return fmt::format("error: health rpc did not complete within {}", ShowTime(*timeout_));
    case Handler::Kind::kExec:
    case Handler::Kind::kSleep: break;
  }
  return fmt::format("command timed out: \"{}\" timed out after {}", fmt::join(handler_.command, " "), ShowTime(*timeout_));
}

void HandlerRun::OnTimeout() { Finish({false, TimeoutMessage()}, true); }

void HandlerRun::Finish(const ProbeResult& result, bool timed_out) {
  context_.loop.Cancel(timer_);
  context_.loop.Cancel(soon_);
  const Done done = std::move(done_);
  const ProbeResult kept = result;  // may lie in what is destroyed now
  program_ = nullptr;
  done(kept, timed_out);  // may destroy us
}

}  // namespace skiff::supervisor

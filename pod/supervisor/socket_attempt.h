// An attempt over a TCP connection from inside the pod's network namespace.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/attempt.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/network_namespace.h"
#include "pod/supervisor/probe.h"

namespace skiff::supervisor {

class SocketAttempt final : public Attempt {
 public:
  // handler.host must be an address. Without an exchange, a connection is all that is wanted.
  static common::Result<std::unique_ptr<SocketAttempt>> Start(EventLoop& loop, const NetworkNamespace& where,
                                                              const Handler& handler,
                                                              std::unique_ptr<ProbeExchange> exchange, Done done);
  ~SocketAttempt() override;

 private:
  SocketAttempt(EventLoop& loop, Handler handler, std::unique_ptr<ProbeExchange> exchange, Done done)
      : loop_(loop), handler_(std::move(handler)), exchange_(std::move(exchange)), done_(std::move(done)) {}
  common::Result<> Connect(const NetworkNamespace& where);
  void OnReady(uint32_t events);
  void OnConnected();
  void OnReadable();
  void Send();
  void Fail(int error, const char* what);
  void Finish(const ProbeResult& result);

  EventLoop& loop_;
  Handler handler_;
  std::unique_ptr<ProbeExchange> exchange_;
  Done done_;
  common::UniqueFd socket_;
  bool connected_ = false;
  std::string to_send_;
};

}  // namespace skiff::supervisor

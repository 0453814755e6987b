// RUN_DIR/control.sock: takes requests, answers each when its work is done.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

class ControlServer;

// One client. Kept by the server until the client goes, and by whoever still owes it an answer.
class ControlConnection {
 public:
  explicit ControlConnection(common::UniqueFd fd) : fd_(std::move(fd)) {}
  // A client that has gone is not an error.
  void Reply(const ControlReply& reply);
  void ReplyOk() { Reply(ControlReply{true, "", "", 0}); }
  void ReplyError(std::string code, std::string message) {
    Reply(ControlReply{false, std::move(message), std::move(code), 0});
  }
  // The descriptor that came with the last request, if one did.
  common::UniqueFd TakePassed() { return std::move(passed_); }
  // After the answer to "attach": the socket is a stream now.
  common::UniqueFd TakeStream();

 private:
  friend class ControlServer;
  common::UniqueFd fd_;
  common::UniqueFd passed_;
  std::function<void()> release_;  // takes it out of the server
};

class ControlServer {
 public:
  using Handler = std::function<void(const ControlRequest&, const std::shared_ptr<ControlConnection>&)>;

  static common::Result<std::unique_ptr<ControlServer>> Listen(EventLoop& loop, const std::string& run_dir, Handler handler);
  ~ControlServer();

 private:
  ControlServer(EventLoop& loop, std::string run_dir, Handler handler)
      : loop_(loop), run_dir_(std::move(run_dir)), handler_(std::move(handler)) {}
  void OnConnect();
  void OnRequest(const std::shared_ptr<ControlConnection>& connection);
  void Remove(ControlConnection* connection);

  EventLoop& loop_;
  std::string run_dir_;
  Handler handler_;
  common::UniqueFd socket_;
  std::list<std::shared_ptr<ControlConnection>> connections_;
};

}  // namespace skiff::supervisor

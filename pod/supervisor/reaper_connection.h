// The supervisor's end of the link to its reaper.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include <utility>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/container_io.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/exit_record.h"

namespace skiff::supervisor {

class ReaperConnection : public DescriptorKeeper {
 public:
  // Takes the socket and waits for the kept descriptors, which the reaper sends first.
  static common::Result<std::unique_ptr<ReaperConnection>> Open(EventLoop& loop, common::UniqueFd socket);
  ~ReaperConnection() override;

  // From now on exits are delivered. `gone`: the reaper was killed.
  common::Result<> Serve(std::function<void(const ExitRecord&)> on_exit, std::function<void()> gone);
  // The pod has ended; the reaper shall not start a supervisor again. `clean`: there is nothing for its exit command to do.
  void SayOver(bool clean);

  void Keep(const std::string& name, int fd) override;
  void Drop(const std::string& name) override;
  common::UniqueFd Take(const std::string& name) override;
  // Those whose names begin so.
  std::vector<std::pair<std::string, common::UniqueFd>> TakeAll(std::string_view prefix);
  // Everything that is kept, for another reaper when this one was killed.
  std::vector<std::pair<std::string, int>> AllKept() const;
  // The sockets that hold this port of the host (held_port.h) are dropped.
  void Release(const std::string& host_side);

 private:
  ReaperConnection(EventLoop& loop, common::UniqueFd socket) : loop_(loop), socket_(std::move(socket)) {}
  void OnReadable();

  EventLoop& loop_;
  common::UniqueFd socket_;
  std::map<std::string, common::UniqueFd> kept_;  // our copies of what the reaper has
  std::function<void(const ExitRecord&)> on_exit_;
  std::function<void()> gone_;
};

}  // namespace skiff::supervisor

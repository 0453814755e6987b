#include "pod/supervisor/reaper_connection.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include "pod/supervisor/held_port.h"
#include "pod/supervisor/reaper_link.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {
UniqueFd Copy(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
}  // namespace

Result<std::unique_ptr<ReaperConnection>> ReaperConnection::Open(EventLoop& loop, UniqueFd socket) {
  std::unique_ptr<ReaperConnection> connection(new ReaperConnection(loop, std::move(socket)));
  while (true) {
    ASSIGN_OR_RETURN(auto message, ReceiveLinkMessage(connection->socket_.get()));
    if (!message) return common::MakeError(common::ErrorCode::kUnavailable, "skiff-reaper has gone");
    if (message->word == "begin") return connection;
    connection->kept_[message->argument] = std::move(message->fd);
  }
}

ReaperConnection::~ReaperConnection() {
  if (on_exit_) loop_.Unwatch(socket_.get());
}

Result<> ReaperConnection::Serve(std::function<void(const ExitRecord&)> on_exit, std::function<void()> gone) {
  on_exit_ = std::move(on_exit);
  gone_ = std::move(gone);
  return loop_.Watch(socket_.get(), EPOLLIN, [this](uint32_t) { OnReadable(); });
}

void ReaperConnection::OnReadable() {
  const auto message = ReceiveLinkMessage(socket_.get());
  if (!message || !*message) {
    loop_.Unwatch(socket_.get());
    return gone_();
  }
  if ((*message)->word != "exit") return;
  if (const auto record = ParseExit((*message)->argument)) on_exit_(*record);
}

// A reaper that cannot be told has gone; its end is seen as such.
void ReaperConnection::SayOver(bool clean) { (void)SendLinkMessage(socket_.get(), clean ? "over clean" : "over"); }

void ReaperConnection::Keep(const std::string& name, int fd) {
  kept_[name] = Copy(fd);
  (void)SendLinkMessage(socket_.get(), "keep " + name, fd);
}

void ReaperConnection::Drop(const std::string& name) {
  kept_.erase(name);
  (void)SendLinkMessage(socket_.get(), "drop " + name);
}

UniqueFd ReaperConnection::Take(const std::string& name) {
  const auto found = kept_.find(name);
  return found == kept_.end() ? UniqueFd() : Copy(found->second.get());
}

std::vector<std::pair<std::string, UniqueFd>> ReaperConnection::TakeAll(std::string_view prefix) {
  std::vector<std::pair<std::string, UniqueFd>> taken;
  for (auto at = kept_.lower_bound(std::string(prefix)); at != kept_.end() && at->first.starts_with(prefix); ++at)
    taken.emplace_back(at->first, Copy(at->second.get()));
  return taken;
}

std::vector<std::pair<std::string, int>> ReaperConnection::AllKept() const {
  std::vector<std::pair<std::string, int>> all;
  for (const auto& [name, fd] : kept_) all.emplace_back(name, fd.get());
  return all;
}

void ReaperConnection::Release(const std::string& host_side) {
  std::erase_if(kept_, [&](const auto& kept) { return Holds(kept.first, host_side); });
  (void)SendLinkMessage(socket_.get(), "release " + host_side);
}

}  // namespace skiff::supervisor

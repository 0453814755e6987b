// skiff-dns DNS_DIRECTORY NETWORK: started by network::DnsRegistry, with the held lock of the server as descriptor 3 and a
// socket as 4 that hears of the port; its end is the word to begin.
//
// Two processes: a keeper, which has the sockets and starts a server again when that dies, and the server. Questions wait in
// the sockets meanwhile, so that none is lost. When the keeper dies, the server that is left becomes the keeper.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "common/file.h"
#include "common/json_fields.h"
#include "network/dns/layout.h"
#include "network/dns/server.h"
#include "network/dns/zone_files.h"

namespace {

using skiff::common::Result;
using skiff::common::UniqueFd;
using skiff::dns::Listeners;
using skiff::dns::Server;
using skiff::dns::ZoneFiles;

constexpr int kEndedCode = 0, kFailedCode = 1;
constexpr std::chrono::milliseconds kRestartPause{100};

// A server that dies over and over is started at most ten times a second.
void PauseAfter(std::chrono::steady_clock::time_point started) {
  if (std::chrono::steady_clock::now() - started < kRestartPause) std::this_thread::sleep_for(kRestartPause);
}

class Program {
 public:
  Program(std::string directory, std::string network) : directory_(std::move(directory)), network_(std::move(network)) {}

  Result<> Open() {
    ASSIGN_OR_RETURN(const std::string text, skiff::common::ReadFile(skiff::network::DnsNetworkDirectory(directory_, network_) +
                                                                     "/" + skiff::network::kDnsNetworkFile));
    ASSIGN_OR_RETURN(const auto network, skiff::common::DecodeJson<skiff::network::DnsNetwork>(text, network_));
    ASSIGN_OR_RETURN(listeners_, skiff::dns::Listen(network.addresses));
    return {};
  }
  uint16_t port() const { return listeners_.port; }

  // Returns when there is nothing left to serve, in whichever process is the last.
  int Keep() {
    while (true) {
      const auto started = std::chrono::steady_clock::now();
      int lifeline[2];
      if (::pipe2(lifeline, O_CLOEXEC) != 0) return kFailedCode;
      UniqueFd heard(lifeline[0]), held(lifeline[1]);
      const pid_t child = ::fork();
      if (child < 0) {
        PauseAfter(started);
        continue;
      }
      if (child == 0) {
        held.Reset();
        if (const auto end = Serve(heard.get()); end >= 0) return end;
        continue;  // the keeper has gone: now it is us
      }
      heard.Reset();
      int status = 0;
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      if (WIFEXITED(status) && WEXITSTATUS(status) == kEndedCode) return kEndedCode;
      PauseAfter(started);
    }
  }

 private:
  // An exit code, or -1: go on as the keeper.
  int Serve(int keeper) {
    auto files = ZoneFiles::Open(directory_, network_);
    if (!files) return files.error().code() == skiff::common::ErrorCode::kNotFound ? kEndedCode : kFailedCode;
    const auto end = Server::Serve(listeners_, std::move(*files), keeper);
    if (!end) return kFailedCode;
    return *end == Server::End::kNoPods ? kEndedCode : -1;
  }

  std::string directory_, network_;
  Listeners listeners_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: skiff-dns DNS_DIRECTORY NETWORK (started by skiff, not by hand)\n");
    return 2;
  }
  ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  UniqueFd ready(skiff::network::kDnsReadyFd);
  ::fcntl(ready.get(), F_SETFD, FD_CLOEXEC);
  Program program(argv[1], argv[2]);
  const auto opened = program.Open();
  const std::string word = opened ? fmt::format("{} ", program.port()) : opened.error().message();
  if (!opened) {
    (void)skiff::common::WriteAll(ready.get(), word).has_value();
    return 1;
  }
  // The starter waits for the first process only; the number behind the port is the one that stays.
  const pid_t pid = ::fork();
  if (pid < 0) return 1;
  if (pid > 0) {
    (void)skiff::common::WriteAll(ready.get(), fmt::format("{}{}\n", word, pid)).has_value();
    return 0;
  }
  char none;
  while (::read(ready.get(), &none, 1) < 0 && errno == EINTR) {
  }
  ready.Reset();
  return program.Keep();
}

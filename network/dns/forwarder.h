// Passes questions on to other servers: each over a socket of its own, so that port and id have to be guessed by whoever
// wants to answer in a server's place.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "network/dns/poller.h"

namespace skiff::dns {

class Forwarder {
 public:
  // The answer with the question's own id; absent: no server has given one in time.
  using Done = std::function<void(std::optional<std::string> answer)>;

  explicit Forwarder(Poller& poller) : poller_(poller) {}
  ~Forwarder();

  // Asks the servers (addresses) in turn, beginning with the one that answered last.
  void Ask(std::string_view question, std::vector<std::string> servers, bool tcp, Done done);

  std::optional<Time> NextDeadline() const;
  void Expire(Time now);

 private:
  struct Request {
    std::string question;  // with our own id
    std::string own_id;    // the client's
    std::vector<std::string> servers;
    bool tcp = false;
    Done done;
    size_t tries = 0;
    std::chrono::milliseconds patience{0};
    Time deadline;
    common::UniqueFd socket;
    std::string out, in;  // TCP
    std::optional<std::string> refusal;  // what a server said that could not help
  };

  void TryNext(uint64_t number);
  bool Open(uint64_t number, Request& request, const std::string& server);
  void Ready(uint64_t number, uint32_t events);
  void ReadDatagram(uint64_t number, Request& request);
  void ContinueStream(uint64_t number, Request& request, uint32_t events);
  void Answered(uint64_t number, Request& request, std::string answer);
  void Finish(uint64_t number, std::optional<std::string> answer);
  void CloseSocket(Request& request);

  Poller& poller_;
  std::map<uint64_t, Request> requests_;
  uint64_t next_number_ = 1;
  std::string last_good_;
};

}  // namespace skiff::dns

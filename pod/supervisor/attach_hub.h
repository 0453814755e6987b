// The clients that are attached to one container, before, while and until it runs.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/packet_queue.h"
#include "pod/supervisor/stdin_pipe.h"

namespace skiff::supervisor {

class AttachHub {
 public:
  enum class Stream : char { kStdout = 2, kStderr = 3 };

  AttachHub(EventLoop& loop, std::string spill_dir, bool stdin_once);
  ~AttachHub();

  void Add(common::UniqueFd client);
  void Broadcast(Stream stream, std::string_view data);
  // Every client gets the exit code as its last packet and is closed once it has read all.
  void Finish(int exit_code);
  // Where clients' input goes; null: it is not read until there is a place.
  void SetInput(StdinPipe* input);
  // The container takes no input: what clients send is dropped.
  void DiscardInput();
  void InputDrained() { UpdateAll(); }
  bool idle() const { return clients_.empty(); }
  // No client has output left to read.
  bool drained() const;

 private:
  struct Client {
    Client(common::UniqueFd socket, const std::string& spill_dir) : fd(std::move(socket)), queue(spill_dir) {}
    common::UniqueFd fd;
    PacketQueue queue;
    bool input_open = true;
    bool has_sent = false;
    bool finished = false;  // the last packet is queued
    bool gone = false;
  };
  using ClientIterator = std::list<Client>::iterator;

  void OnEvents(ClientIterator client, uint32_t events);
  void ReadInput(Client& client);
  void EndInput(Client& client);
  void Send(Client& client, std::string packet);
  void Flush(Client& client);
  void Update(Client& client);
  void UpdateAll();
  void RemoveGone();

  EventLoop& loop_;
  std::string spill_dir_;
  bool stdin_once_;
  StdinPipe* input_ = nullptr;
  bool discard_input_ = false;
  std::list<Client> clients_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for tasks that may outlive us
};

}  // namespace skiff::supervisor

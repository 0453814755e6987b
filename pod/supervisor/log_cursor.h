// How much of a container's output is in its log, kept in a file on tmpfs so that a killed supervisor's successor goes on
// at the right byte: nothing lost, nothing twice (spine: the cursor experiment).
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace skiff::supervisor {

class LogCursor {
 public:
  struct Position {
    uint64_t spool[2] = {0, 0};  // bytes of stdout's and stderr's spool that are in the log
    uint64_t log_size = 0;       // of the log file after those bytes
  };

  // Opens or creates the file.
  static common::Result<LogCursor> Open(const std::string& path);
  LogCursor(LogCursor&& other) noexcept;
  LogCursor& operator=(LogCursor&& other) noexcept;
  ~LogCursor();

  Position Get() const;
  // Nothing was ever committed: the file is new, so that Get says nothing about the log.
  bool fresh() const;
  // Atomic against SIGKILL: the other one of two slots is filled, then its sequence number makes it the valid one.
  void Commit(const Position& position);

 private:
  struct Slot {
    uint64_t sequence;
    Position position;
  };
  explicit LogCursor(Slot* slots) : slots_(slots) {}
  Slot* Current() const;

  Slot* slots_ = nullptr;  // two of them, a shared mapping of the file
};

}  // namespace skiff::supervisor

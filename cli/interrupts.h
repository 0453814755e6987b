// Ctrl-C and its like as something to wait for.
#pragma once

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::cli {

// One at a time per process, as signal handlers are.
class Interrupts {
 public:
  Interrupts() = default;
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts() { Stop(); }

  // Until Stop, SIGINT, SIGTERM and SIGHUP are noted instead of ending the program.
  common::Result<> Start();
  void Stop();
  // Readable when there was one.
  int fd() const { return read_end_.get(); }
  // The signal that came first and has not been taken yet, or kWoken; 0: none.
  int Take();
  // Makes fd() readable for another thread's sake.
  static constexpr int kWoken = 255;
  static void Wake();

 private:
  common::UniqueFd read_end_;
};

}  // namespace skiff::cli

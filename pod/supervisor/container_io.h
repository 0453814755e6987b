// The standard streams of one run of a container: FIFOs or a terminal, the log, the attached clients.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/attach_hub.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/log_cursor.h"
#include "pod/supervisor/log_file.h"
#include "pod/supervisor/output_spool.h"
#include "pod/supervisor/stdin_pipe.h"

namespace skiff::supervisor {

// Keeps descriptors beyond the supervisor's death: implemented by the link to the reaper.
class DescriptorKeeper {
 public:
  virtual ~DescriptorKeeper() = default;
  virtual void Keep(const std::string& name, int fd) = 0;
  virtual void Drop(const std::string& name) = 0;
  // What an earlier supervisor kept, or an empty one.
  virtual common::UniqueFd Take(const std::string& name) = 0;
};

class ContainerIo {
 public:
  struct Options {
    std::string directory;  // run directory: FIFOs, spools, cursor
    std::string id;
    std::string log_dir;    // empty: no log
    int log_number = 0;
    bool tty = false;
    bool stdin = false;
  };

  // For a new run: what an earlier one left behind is removed.
  static common::Result<std::unique_ptr<ContainerIo>> Create(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub,
                                                             Options options);
  // For a run that an earlier supervisor started: goes on where its cursor stands.
  static common::Result<std::unique_ptr<ContainerIo>> Adopt(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub,
                                                            Options options);
  ~ContainerIo();

  // The container's ends, to be passed to the runtime and then closed. Not for a terminal.
  struct ContainerEnds {
    common::UniqueFd in;  // empty: /dev/null
    common::UniqueFd out;
    common::UniqueFd err;
  };
  common::Result<ContainerEnds> OpenContainerEnds();

  // Where the runtime sends the terminal's descriptor (--console-socket); stays valid until the terminal has come.
  common::Result<std::string> ListenForTerminal();
  void Resize(int rows, int columns);

  // The container has ended: takes what is still in the streams, closes the log, removes the files.
  void Finish();

 private:
  ContainerIo(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub, Options options);

  struct Output {
    AttachHub::Stream stream;
    const char* name;         // "stdout", "stderr"
    common::UniqueFd source;  // FIFO or terminal
    std::optional<OutputSpool> spool;
    EventLoop::TimerId partial_timer = 0;  // runs while the last line has no end yet
  };

  std::string FilePath(std::string_view suffix) const;
  std::string KeptName(const char* what) const { return options_.id + "." + what; }
  common::Result<> OpenFiles();
  common::Result<> OpenFifo(Output& output);
  common::Result<> OpenStdin(common::UniqueFd kept);
  common::Result<> UseTerminal(common::UniqueFd terminal);
  common::Result<> WatchOutput(Output& output);
  void OnTerminalSocket();
  void OnReadable(Output& output);
  bool Pump(Output& output);  // false: nothing more there now
  enum class LineEnd { kMayCome, kNotAwaited };  // of the last line that was read
  void WriteLog(Output& output, LineEnd line_end);
  void AwaitLineEnd(Output& output);
  void PauseAfterError(Output& output);
  void Forget();
  void RemoveFiles();

  EventLoop& loop_;
  DescriptorKeeper& keeper_;
  AttachHub& hub_;
  Options options_;
  std::optional<LogCursor> cursor_;
  std::optional<LogFile> log_;
  Output outputs_[2];
  std::unique_ptr<StdinPipe> stdin_;
  common::UniqueFd stdin_reader_;  // until the container has it
  common::UniqueFd terminal_socket_;
  common::UniqueFd terminal_directory_;  // the socket is reached through it
  int rows_ = 0;
  int columns_ = 0;
  EventLoop::TimerId retry_timer_ = 0;
};

}  // namespace skiff::supervisor

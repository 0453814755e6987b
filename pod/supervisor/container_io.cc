#include "pod/supervisor/container_io.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/file.h"
#include "pod/supervisor/cri_log.h"
#include "pod/supervisor/reaper_link.h"
#include "pod/supervisor/socket_address.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {
constexpr int kChunksPerTurn = 8;  // so that a flood of one container leaves time for the others
constexpr std::chrono::milliseconds kRetryAfterError{1000};
// How long a line may wait for its newline before the log gets what there is of it, as a part. A prompt is seen soon; a
// container that writes letter by letter does not fill its log with records.
constexpr std::chrono::milliseconds kPartialLineDelay{100};
}  // namespace

ContainerIo::ContainerIo(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub, Options options)
    : loop_(loop),
      keeper_(keeper),
      hub_(hub),
      options_(std::move(options)),
      outputs_{{AttachHub::Stream::kStdout, "stdout", {}, {}}, {AttachHub::Stream::kStderr, "stderr", {}, {}}} {}

ContainerIo::~ContainerIo() {
  hub_.SetInput(nullptr);
  loop_.Cancel(retry_timer_);
  for (auto& output : outputs_) loop_.Cancel(output.partial_timer);
  if (terminal_socket_) loop_.Unwatch(terminal_socket_.get());
  for (auto& output : outputs_)
    if (output.source) loop_.Unwatch(output.source.get());
}

std::string ContainerIo::FilePath(std::string_view suffix) const {
  return fmt::format("{}/{}.{}", options_.directory, options_.id, suffix);
}

Result<std::unique_ptr<ContainerIo>> ContainerIo::Create(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub,
                                                         Options options) {
  std::unique_ptr<ContainerIo> io(new ContainerIo(loop, keeper, hub, std::move(options)));
  io->RemoveFiles();
  TRY(io->OpenFiles());
  // `start` after an end goes on in the log of the last run.
  if (io->log_) io->cursor_->Commit({{0, 0}, io->log_->size()});
  if (!io->options_.tty) {
    for (auto& output : io->outputs_) TRY(io->OpenFifo(output));
    if (io->options_.stdin) TRY(io->OpenStdin(UniqueFd()));
  }
  if (!io->options_.stdin && !io->options_.tty) hub.DiscardInput();
  return io;
}

Result<std::unique_ptr<ContainerIo>> ContainerIo::Adopt(EventLoop& loop, DescriptorKeeper& keeper, AttachHub& hub,
                                                        Options options) {
  std::unique_ptr<ContainerIo> io(new ContainerIo(loop, keeper, hub, std::move(options)));
  TRY(io->OpenFiles());
  // Without a cursor the earlier supervisor had not begun yet, or had finished: what the log holds stays.
  if (io->log_ && io->cursor_->fresh()) io->cursor_->Commit({{0, 0}, io->log_->size()});
  if (io->log_) TRY(io->log_->TruncateTo(io->cursor_->Get().log_size));
  for (auto& output : io->outputs_) io->WriteLog(output, LineEnd::kMayCome);
  if (io->options_.tty) {
    UniqueFd terminal = keeper.Take(io->KeptName("tty"));
    if (terminal) TRY(io->UseTerminal(std::move(terminal)));
    return io;
  }
  for (auto& output : io->outputs_) TRY(io->OpenFifo(output));
  UniqueFd kept = keeper.Take(io->KeptName("stdin"));
  if (kept) TRY(io->OpenStdin(std::move(kept)));
  else hub.DiscardInput();
  return io;
}

Result<> ContainerIo::OpenFiles() {
  ASSIGN_OR_RETURN(cursor_, LogCursor::Open(FilePath("cursor")));
  const LogCursor::Position position = cursor_->Get();
  ASSIGN_OR_RETURN(outputs_[0].spool, OutputSpool::Open(FilePath("out.spool"), position.spool[0]));
  ASSIGN_OR_RETURN(outputs_[1].spool, OutputSpool::Open(FilePath("err.spool"), position.spool[1]));
  if (options_.log_dir.empty()) return {};
  ASSIGN_OR_RETURN(log_, LogFile::Open(options_.log_dir, options_.log_number));
  return {};
}

Result<> ContainerIo::OpenFifo(Output& output) {
  const std::string path = FilePath(output.name);
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) return common::ErrnoError("create {}", path);
  // For reading and writing: a container that closes the stream must not make it readable forever (end of file).
  ASSIGN_OR_RETURN(output.source, common::Open(path, O_RDWR | O_NONBLOCK));
  // What is in a FIFO is gone when nobody has it open: neither the container that has ended nor a killed supervisor.
  keeper_.Keep(KeptName(output.name), output.source.get());
  return WatchOutput(output);
}

Result<> ContainerIo::WatchOutput(Output& output) {
  return loop_.Watch(output.source.get(), EPOLLIN, [this, &output](uint32_t events) {
    // Hung up and nothing to read: every process of the container has closed its terminal.
    if ((events & EPOLLIN) == 0) return loop_.Change(output.source.get(), EPOLLET);
    OnReadable(output);
  });
}

Result<> ContainerIo::OpenStdin(UniqueFd kept) {
  if (!kept) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return common::ErrnoError("pipe");
    stdin_reader_.Reset(ends[0]);
    kept.Reset(ends[1]);
    ::fcntl(kept.get(), F_SETFL, O_NONBLOCK);
    keeper_.Keep(KeptName("stdin"), kept.get());
  }
  stdin_ = std::make_unique<StdinPipe>(
      loop_, std::move(kept), false, [this] { hub_.InputDrained(); }, [this] { keeper_.Drop(KeptName("stdin")); });
  hub_.SetInput(stdin_.get());
  return {};
}

Result<ContainerIo::ContainerEnds> ContainerIo::OpenContainerEnds() {
  ContainerEnds ends;
  ends.in = std::move(stdin_reader_);
  // For reading and writing too: while no supervisor lives there is still a reader, and so no SIGPIPE.
  ASSIGN_OR_RETURN(ends.out, common::Open(FilePath("stdout"), O_RDWR));
  ASSIGN_OR_RETURN(ends.err, common::Open(FilePath("stderr"), O_RDWR));
  return ends;
}

Result<std::string> ContainerIo::ListenForTerminal() {
  const std::string name = options_.id.substr(0, 12) + ".tty";
  ASSIGN_OR_RETURN(const DirectorySocketAddress address, DirectorySocketAddress::In(options_.directory, name));
  TRY(common::RemoveFile(common::JoinPath(options_.directory, name)));
  terminal_socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!terminal_socket_) return common::ErrnoError("socket");
  if (::bind(terminal_socket_.get(), address.get(), address.size()) != 0 || ::listen(terminal_socket_.get(), 1) != 0)
    return common::ErrnoError("listen on {}/{}", options_.directory, name);
  TRY(loop_.Watch(terminal_socket_.get(), EPOLLIN, [this](uint32_t) { OnTerminalSocket(); }));
  // The runtime reaches the socket through a descriptor of ours, as the path may be too long for a socket address.
  ASSIGN_OR_RETURN(terminal_directory_, common::Open(options_.directory, O_PATH | O_DIRECTORY));
  return fmt::format("/proc/{}/fd/{}/{}", ::getpid(), terminal_directory_.get(), name);
}

void ContainerIo::OnTerminalSocket() {
  const UniqueFd connection(::accept4(terminal_socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return;
  auto message = ReceiveLinkMessage(connection.get());
  if (!message || !*message || !(*message)->fd) return;
  loop_.Unwatch(terminal_socket_.get());
  terminal_socket_.Reset();
  terminal_directory_.Reset();
  (void)common::RemoveFile(fmt::format("{}/{}.tty", options_.directory, options_.id.substr(0, 12)));
  keeper_.Keep(KeptName("tty"), (*message)->fd.get());
  (void)UseTerminal(std::move((*message)->fd));
}

Result<> ContainerIo::UseTerminal(UniqueFd terminal) {
  ::fcntl(terminal.get(), F_SETFL, O_NONBLOCK);
  UniqueFd writer(::fcntl(terminal.get(), F_DUPFD_CLOEXEC, 0));
  if (!writer) return common::ErrnoError("duplicate the terminal's descriptor");
  outputs_[0].source = std::move(terminal);
  if (rows_ > 0) Resize(rows_, columns_);
  stdin_ = std::make_unique<StdinPipe>(
      loop_, std::move(writer), true, [this] { hub_.InputDrained(); }, [] {});
  hub_.SetInput(stdin_.get());
  return WatchOutput(outputs_[0]);
}

void ContainerIo::Resize(int rows, int columns) {
  rows_ = rows;
  columns_ = columns;
  if (!options_.tty || !outputs_[0].source) return;  // applied when the terminal comes
  winsize size{};
  size.ws_row = static_cast<unsigned short>(rows);
  size.ws_col = static_cast<unsigned short>(columns);
  ::ioctl(outputs_[0].source.get(), TIOCSWINSZ, &size);
}

void ContainerIo::OnReadable(Output& output) {
  for (int i = 0; i < kChunksPerTurn; ++i)
    if (!Pump(output)) return;
}

bool ContainerIo::Pump(Output& output) {
  const auto data = output.spool->Pull(output.source.get(), options_.tty);
  if (!data) {
    PauseAfterError(output);
    return false;
  }
  if (data->empty()) return false;
  hub_.Broadcast(output.stream, *data);
  WriteLog(output, LineEnd::kMayCome);
  return true;
}

// The spool's file system is full, most likely: the container waits, and we look again later instead of spinning.
void ContainerIo::PauseAfterError(Output& output) {
  loop_.Change(output.source.get(), 0);
  retry_timer_ = loop_.After(kRetryAfterError, [this, &output] { loop_.Change(output.source.get(), EPOLLIN); });
}

void ContainerIo::WriteLog(Output& output, LineEnd line_end) {
  const std::string_view pending = output.spool->pending();
  size_t taken = pending.size();
  if (log_) {
    std::string text;
    taken = AppendCriLines(text, output.name, common::Now(), pending);
    if (line_end == LineEnd::kNotAwaited) {
      AppendCriRest(text, output.name, common::Now(), pending.substr(taken));
      taken = pending.size();
    }
    // With a full disk these lines are lost rather than the container stopped; what was written of them goes too.
    if (!text.empty() && !log_->Append(text)) (void)log_->TruncateTo(cursor_->Get().log_size);
  }
  LogCursor::Position position = cursor_->Get();
  position.spool[&output - outputs_] += taken;
  if (log_) position.log_size = log_->size();
  cursor_->Commit(position);
  output.spool->Consume(taken);
  AwaitLineEnd(output);
}

void ContainerIo::AwaitLineEnd(Output& output) {
  if (output.partial_timer != 0 || output.spool->pending().empty()) return;
  output.partial_timer = loop_.After(kPartialLineDelay, [this, &output] {
    output.partial_timer = 0;
    WriteLog(output, LineEnd::kNotAwaited);
  });
}

void ContainerIo::Finish() {
  for (auto& output : outputs_) {
    if (!output.source) continue;
    while (Pump(output)) {
    }
    WriteLog(output, LineEnd::kNotAwaited);
    loop_.Cancel(std::exchange(output.partial_timer, 0));
    loop_.Unwatch(output.source.get());
    output.source.Reset();
  }
  hub_.SetInput(nullptr);
  stdin_.reset();
  Forget();
  log_.reset();
  RemoveFiles();
}

void ContainerIo::Forget() {
  if (options_.tty) return keeper_.Drop(KeptName("tty"));
  for (const char* name : {"stdin", "stdout", "stderr"}) keeper_.Drop(KeptName(name));
}

void ContainerIo::RemoveFiles() {
  for (const char* suffix : {"stdout", "stderr", "out.spool", "err.spool", "cursor"})
    (void)common::RemoveFile(FilePath(suffix));
}

}  // namespace skiff::supervisor

#include "cli/registry/transfer_progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/context.h"
#include "cli/render/units.h"

namespace skiff::cli {
namespace {

using image::TransferEvent;
using Kind = TransferEvent::Kind;

constexpr std::chrono::milliseconds kDrawInterval{100};
constexpr size_t kShortDigest = 12;
constexpr char kUpAndClear[] = "\x1b[1A\x1b[2K";

size_t TerminalWidth() {
  winsize size;
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

std::string ShortDigest(const std::string& digest) {
  return digest.substr(std::min(digest.find(':') + 1, digest.size()), kShortDigest);
}

// Nothing that a registry says may steer the terminal.
std::string Printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
  return text;
}

}  // namespace

TransferProgress::TransferProgress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}

TransferProgress::~TransferProgress() { EraseBars(); }

image::EventSink TransferProgress::Sink() {
  if (quiet_) return {};
  return [this](const TransferEvent& event) {
    const std::lock_guard guard(mutex_);
    Show(event);
  };
}

std::string TransferProgress::Bar(const TransferEvent& event, size_t width) {
  const std::string head = fmt::format("Copying {} {} ", event.text.empty() ? "blob" : event.text, ShortDigest(event.digest));
  const std::string tail = fmt::format(" {} / {}", HumanSize(event.bytes), HumanSize(event.size));
  if (head.size() + tail.size() + 5 > width) return (head + tail).substr(0, width);
  const size_t cells = std::min<size_t>(width - head.size() - tail.size() - 3, 40);
  const double part = event.size > 0 ? std::clamp(static_cast<double>(event.bytes) / static_cast<double>(event.size), 0.0, 1.0) : 1.0;
  const size_t filled = static_cast<size_t>(part * static_cast<double>(cells));
  std::string bar(filled, '=');
  if (filled < cells) bar += '>';
  bar.resize(cells, '-');
  return head + "[" + bar + "]" + tail;
}

std::string TransferProgress::LineFor(const TransferEvent& event) {
  switch (event.kind) {
    case Kind::kTrying: return fmt::format("Trying to pull {}...", event.text);
    case Kind::kBlob: return fmt::format("Copying {} {}", event.text, event.digest);
    case Kind::kPresent: return fmt::format("Copying {} {} skipped: already exists", event.text, event.digest);
    case Kind::kManifest: return "Writing manifest to image destination";
    case Kind::kRetry: return "Warning: " + event.text;
    default: return {};
  }
}

void TransferProgress::Show(const TransferEvent& event) {
  const auto same = [&](const TransferEvent& other) { return other.digest == event.digest && other.image == event.image; };
  const bool is_blob = event.kind == Kind::kBlob || event.kind == Kind::kPresent;
  if (is_blob && announced_.insert(event.image).second) ShowLine("Getting image source signatures");
  if (terminal_ && event.kind == Kind::kBlob) {
    moving_.push_back(event);
    Redraw(true);
  } else if (event.kind == Kind::kProgress) {
    const auto found = std::find_if(moving_.begin(), moving_.end(), same);
    if (found != moving_.end()) found->bytes = event.bytes;
    Redraw(false);
  } else if (event.kind == Kind::kDone) {
    if (!terminal_) return;
    TransferEvent done = event;
    done.bytes = done.size;
    std::erase_if(moving_, same);
    ShowLine(Bar(done, TerminalWidth() - 1));
  } else {
    ShowLine(LineFor(event));
  }
}

void TransferProgress::ShowLine(const std::string& line) {
  EraseBars();
  FlushOutput();
  std::fprintf(stderr, "%s\n", Printable(line).c_str());
  if (!moving_.empty()) Redraw(true);
}

void TransferProgress::EraseBars() {
  for (; drawn_ > 0; --drawn_) std::fputs(kUpAndClear, stderr);
}

void TransferProgress::Redraw(bool force) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || (!force && now - last_draw_ < kDrawInterval)) return;
  last_draw_ = now;
  EraseBars();
  const size_t width = TerminalWidth() - 1;
  for (const auto& event : moving_) std::fprintf(stderr, "%s\n", Printable(Bar(event, width)).c_str());
  drawn_ = moving_.size();
}

}  // namespace skiff::cli

#include "pod/supervisor/cri_log.h"

namespace skiff::supervisor {
namespace {

void AppendRecord(std::string& out, std::string_view time, std::string_view stream, char tag, std::string_view text) {
  out.append(time).append(1, ' ').append(stream).append(1, ' ').append(1, tag).append(1, ' ').append(text).append(1, '\n');
}

}  // namespace

size_t AppendCriLines(std::string& out, std::string_view stream, common::WallTime time, std::string_view data) {
  const std::string stamp = common::FormatTime(time, true);
  size_t taken = 0;
  while (true) {
    const std::string_view rest = data.substr(taken);
    const size_t newline = rest.substr(0, kCriLineLimit + 1).find('\n');
    if (newline != std::string_view::npos) {
      AppendRecord(out, stamp, stream, 'F', rest.substr(0, newline));
      taken += newline + 1;
    } else if (rest.size() > kCriLineLimit) {
      AppendRecord(out, stamp, stream, 'P', rest.substr(0, kCriLineLimit));
      taken += kCriLineLimit;
    } else {
      return taken;
    }
  }
}

void AppendCriRest(std::string& out, std::string_view stream, common::WallTime time, std::string_view rest) {
  if (!rest.empty()) AppendRecord(out, common::FormatTime(time, true), stream, 'P', rest);
}

}  // namespace skiff::supervisor

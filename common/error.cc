#include "common/error.h"

#include <cerrno>
#include <cstring>

namespace skiff::common {
namespace {

ErrorCode CodeOf(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
      return ErrorCode::kNotFound;
    case EEXIST:
    case EADDRINUSE:
      return ErrorCode::kExists;
    case EBUSY:
    case EAGAIN:
      return ErrorCode::kBusy;
    case EPERM:
    case EACCES:
      return ErrorCode::kPermission;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

Error Error::FromErrno(int errno_value, std::string_view what) {
  Error error(CodeOf(errno_value), fmt::format("{}: {}", what, strerror(errno_value)));
  error.errno_value_ = errno_value;
  return error;
}

Error&& Error::Wrap(std::string_view context) && {
  message_ = fmt::format("{}: {}", context, message_);
  return std::move(*this);
}

Error&& Error::AlsoFailed(const Error& cleanup) && {
  message_ += fmt::format(" (and cleaning up failed: {})", cleanup.message());
  return std::move(*this);
}

Error&& Error::At(SourcePosition position) && {
  position_ = std::move(position);
  return std::move(*this);
}

}  // namespace skiff::common

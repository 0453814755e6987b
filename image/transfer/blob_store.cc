#include "image/transfer/blob_store.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <map>

#include "common/file.h"
#include "image/transfer/decompressor.h"
#include "image/transfer/extractor.h"
#include "image/transfer/tar_reader.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr size_t kMemberLimit = 200'000;
constexpr int kLinkLimit = 8;

class DirectoryBlobs : public BlobStore {
 public:
  DirectoryBlobs(UniqueFd directory, std::string name) : directory_(std::move(directory)), name_(std::move(name)) {}

  bool Has(const std::string& name) const override {
    struct stat info;
    return ::fstatat(directory_.get(), name.c_str(), &info, 0) == 0;
  }

  Result<std::unique_ptr<ByteSource>> Open(const std::string& name) const override {
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, directory_.get(), name.c_str(), &how, sizeof how)));
    struct stat info;
    if (!fd || ::fstat(fd.get(), &info) != 0) return ErrnoError("open {}/{}", name_, name);
    if (!S_ISREG(info.st_mode)) return MakeError(ErrorCode::kInvalid, "{}/{} is not a file", name_, name);
    return ReadWhole(std::move(fd), info.st_size, name_ + "/" + name);
  }

 private:
  UniqueFd directory_;
  std::string name_;
};

class TarBlobs : public BlobStore {
 public:
  TarBlobs(UniqueFd fd, int64_t size, std::string name) : fd_(std::move(fd)), size_(size), name_(std::move(name)) {}

  // Reads the headers only; contents are jumped over.
  Result<> Index() {
    const auto source = ReadRange(fd_.get(), 0, size_, name_);
    TarReader tar(*source, nullptr);
    TarEntry entry;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, tar.Next(entry), "{}", name_);
      if (!more) return {};
      const auto path = CleanEntryPath(entry.name);
      if (!path) continue;
      if (members_.size() >= kMemberLimit)
        return MakeError(ErrorCode::kInvalid, "{} has more than {} files: it is not an image archive", name_, kMemberLimit);
      if (entry.type == TarEntry::Type::kFile) members_[*path] = {tar.content_offset(), entry.size, {}};
      // Docker's archives name a layer that they hold already by a link.
      if (entry.type == TarEntry::Type::kSymlink) members_[*path] = {0, 0, LinkTarget(*path, entry.link_name)};
      if (entry.type == TarEntry::Type::kHardLink) members_[*path] = {0, 0, entry.link_name};
    }
  }

  bool Has(const std::string& name) const override { return Find(name) != nullptr; }

  Result<std::unique_ptr<ByteSource>> Open(const std::string& name) const override {
    const Member* member = Find(name);
    if (member == nullptr) return MakeError(ErrorCode::kNotFound, "{} has no file \"{}\": it is incomplete", name_, name);
    return ReadRange(fd_.get(), member->offset, member->size, fmt::format("{}: {}", name_, name));
  }

 private:
  struct Member {
    int64_t offset = 0;
    int64_t size = 0;
    std::string link;  // the path of another member; empty for a file
  };

  static std::string LinkTarget(const std::string& path, const std::string& target) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos || target.substr(0, 1) == "/" ? target : path.substr(0, slash + 1) + target;
  }

  const Member* Find(const std::string& name) const {
    std::string path = name;
    for (int links = 0; links < kLinkLimit; ++links) {
      const auto clean = CleanEntryPath(path);
      const auto member = clean ? members_.find(*clean) : members_.end();
      if (member == members_.end()) return nullptr;
      if (member->second.link.empty()) return &member->second;
      path = member->second.link;
    }
    return nullptr;
  }

  UniqueFd fd_;
  int64_t size_;
  std::string name_;
  std::map<std::string, Member> members_;
};

struct Input {
  UniqueFd fd;
  std::string name;
};

Result<Input> OpenInput(const std::string& source) {
  const auto number = DescriptorNumber(source);
  if (!number) {
    ASSIGN_OR_RETURN(UniqueFd fd, common::Open(source, O_RDONLY));
    return Input{std::move(fd), source};
  }
  UniqueFd fd(::fcntl(*number, F_DUPFD_CLOEXEC, 0));
  if (!fd) return ErrnoError("read standard input");
  return Input{std::move(fd), "standard input"};
}

// A plain file from its start; -1 when it must be read as a stream.
Result<int64_t> SeekableSize(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoError("stat");
  if (!S_ISREG(info.st_mode) || ::lseek(fd, 0, SEEK_CUR) != 0) return int64_t{-1};
  return static_cast<int64_t>(info.st_size);
}

Result<int64_t> CopyAll(ByteSource& source, int fd) {
  int64_t size = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, source.Next());
    if (chunk.empty()) return size;
    TRY(common::WriteAll(fd, chunk));
    size += static_cast<int64_t>(chunk.size());
  }
}

}  // namespace

std::optional<int> DescriptorNumber(const std::string& source) {
  constexpr std::string_view kPrefix = "fd:";
  if (source.compare(0, kPrefix.size(), kPrefix) != 0) return std::nullopt;
  int number = -1;
  std::from_chars(source.data() + kPrefix.size(), source.data() + source.size(), number);
  return number;
}

Result<std::string> BlobStore::Read(const std::string& name, size_t limit) const {
  ASSIGN_OR_RETURN(const auto source, Open(name));
  std::string text;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, source->Next());
    if (chunk.empty()) return text;
    if (text.size() + chunk.size() > limit)
      return MakeError(ErrorCode::kInvalid, "\"{}\" is larger than the limit of {} bytes", name, limit);
    text += chunk;
  }
}

Result<std::unique_ptr<ByteSource>> OpenTarball(const std::string& source) {
  ASSIGN_OR_RETURN(Input input, OpenInput(source));
  ASSIGN_OR_RETURN(const int64_t size, SeekableSize(input.fd.get()));
  if (size >= 0) return ReadWhole(std::move(input.fd), size, input.name);
  return ReadStream(std::move(input.fd), input.name);
}

Result<std::unique_ptr<BlobStore>> OpenBlobStore(const std::string& source, const std::string& spool_directory) {
  ASSIGN_OR_RETURN(Input input, OpenInput(source));
  struct stat info;
  if (::fstat(input.fd.get(), &info) != 0) return ErrnoError("stat {}", input.name);
  if (S_ISDIR(info.st_mode)) return std::make_unique<DirectoryBlobs>(std::move(input.fd), input.name);

  ASSIGN_OR_RETURN(int64_t size, SeekableSize(input.fd.get()));
  std::array<char, 8> magic;
  const ssize_t n = size >= 0 ? ::pread(input.fd.get(), magic.data(), magic.size(), 0) : 0;
  const bool plain = n > 0 && DetectCompression({magic.data(), static_cast<size_t>(n)}) == Compression::kNone;
  UniqueFd file;
  if (size >= 0 && plain) {
    file = std::move(input.fd);
  } else {
    ASSIGN_OR_RETURN(file, common::Open(spool_directory, O_TMPFILE | O_RDWR, 0600));
    auto stream = ReadStream(std::move(input.fd), input.name);
    ASSIGN_OR_RETURN(const Decompressed decompressed, Decompress(std::move(stream), GrowthLimitAt(spool_directory)),
                     "{}", input.name);
    ASSIGN_OR_RETURN(size, CopyAll(*decompressed.source, file.get()), "{}", input.name);
  }
  auto blobs = std::make_unique<TarBlobs>(std::move(file), size, input.name);
  TRY(blobs->Index());
  return blobs;
}

}  // namespace skiff::image

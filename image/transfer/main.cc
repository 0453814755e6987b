// skiff-transfer: the only program that parses archives. Run by skiff, not by people.
//
//   skiff-transfer pull --graph-root DIR --run-root DIR [--rootless]   (and the other verbs of registry_main.h)
//   skiff-transfer load   --graph-root DIR --run-root DIR [--config-dir DIR] [--rootless] SOURCE
//   skiff-transfer import --graph-root DIR --run-root DIR [--rootless] [--name NAME] [--message TEXT] [--change TEXT]... SOURCE
//   skiff-transfer commit --graph-root DIR --run-root DIR [--rootless] fd:N     (CommitOptions as JSON on standard input)
//   skiff-transfer save   --graph-root DIR --run-root DIR --format FORMAT [--compress] [--uncompressed]
//                         --image ID [--name NAME]... [--image ...] DIR|fd:N
//   skiff-transfer export --graph-root DIR --run-root DIR fd:N     (to descriptor 4)
//
// The verbs for registries read their request from standard input and tell what happens on standard output.
// SOURCE is a path or fd:N. Standard output of load, import and commit: {"images":[{"id":"...","names":["..."]}]}. On an error standard error has
// {"code":"...","message":"..."} and the exit code is 1.
#include <getopt.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/file.h"
#include "common/json.h"
#include "common/json_fields.h"
#include "image/storage_layout.h"
#include "image/transfer/blob_store.h"
#include "image/transfer/confine.h"
#include "image/transfer/operations.h"
#include "image/transfer/registry_main.h"
#include "image/transfer/sha256.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct Arguments {
  std::string verb;
  std::string source;
  common::SystemPaths paths;
  ImportOptions import;
  SaveOptions save;
  std::string format;
  std::vector<SavedImage> images;
  std::optional<Policy> policy;  // of load and import
};

constexpr int kOutputFd = 4;

Result<Arguments> ParseArguments(int argc, char** argv) {
  static const option kOptions[] = {{"graph-root", required_argument, nullptr, 'g'},
                                    {"run-root", required_argument, nullptr, 'r'},
                                    {"config-dir", required_argument, nullptr, 'd'},
                                    {"rootless", no_argument, nullptr, 'u'},
                                    {"name", required_argument, nullptr, 'n'},
                                    {"message", required_argument, nullptr, 'm'},
                                    {"change", required_argument, nullptr, 'c'},
                                    {"image", required_argument, nullptr, 'i'},
                                    {"format", required_argument, nullptr, 'o'},
                                    {"compress", no_argument, nullptr, 'z'},
                                    {"uncompressed", no_argument, nullptr, 'x'},
                                    {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  arguments.paths.config_dir = "/etc/containers";
  opterr = 0;
  for (int code; (code = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (code) {
      case 'g': arguments.paths.graph_root = optarg; break;
      case 'r': arguments.paths.storage_run = optarg; break;
      case 'd': arguments.paths.config_dir = optarg; break;
      case 'u': arguments.paths.rootless = true; break;
      case 'n':
        arguments.import.name = optarg;
        if (!arguments.images.empty()) arguments.images.back().names.emplace_back(optarg);
        break;
      case 'm': arguments.import.message = optarg; break;
      case 'c': arguments.import.changes.emplace_back(optarg); break;
      case 'i': arguments.images.push_back({optarg, {}}); break;
      case 'o': arguments.format = optarg; break;
      case 'z': arguments.save.compress = true; break;
      case 'x': arguments.save.uncompressed = true; break;
      default: return MakeError(ErrorCode::kInvalid, "skiff-transfer: unknown option {}", argv[optind - 1]);
    }
  }
  if (argc - optind == 1 && IsRegistryVerb(argv[optind]) && !arguments.paths.graph_root.empty()) {
    arguments.verb = argv[optind];
    return arguments;
  }
  if (argc - optind != 2 || arguments.paths.graph_root.empty() || arguments.paths.storage_run.empty())
    return MakeError(ErrorCode::kInvalid, "usage: skiff-transfer VERB --graph-root DIR --run-root DIR SOURCE");
  arguments.verb = argv[optind];
  arguments.source = argv[optind + 1];
  return arguments;
}

Result<> Prepare(Arguments& arguments) {
  const StorageLayout layout(arguments.paths);
  TRY(layout.MakeFolders());
  // OpenSSL reads its configuration at the first use.
  (void)Sha256::HexOf("");
  // The policy and its keys are outside of what may be read later.
  if (arguments.verb == "load" || arguments.verb == "import") {
    ASSIGN_OR_RETURN(arguments.policy, Policy::Load(arguments.paths));
  }
  const bool runs_gpgv = arguments.policy && arguments.policy->HasSignatureRules();
  std::vector<std::string> writable = {arguments.paths.graph_root, layout.Overlay()};
  if (arguments.verb == "save" && !DescriptorNumber(arguments.source)) writable.push_back(arguments.source);
  const auto number = DescriptorNumber(arguments.source);
  struct stat info;
  if (!number) return TryConfineFiles(writable, {arguments.source}, runs_gpgv);
  // A directory that was handed over open: what is in it is opened by name. A file or pipe needs no permission any more.
  const bool directory = ::fstat(*number, &info) == 0 && S_ISDIR(info.st_mode);
  return TryConfineFiles(writable, {directory ? fmt::format("/proc/self/fd/{}", *number) : ""}, runs_gpgv);
}

Result<ArchiveFormat> FormatNamed(const std::string& name) {
  if (name == "docker-archive") return ArchiveFormat::kDockerArchive;
  if (name == "oci-archive") return ArchiveFormat::kOciArchive;
  if (name == "oci-dir") return ArchiveFormat::kOciDirectory;
  if (name == "docker-dir") return ArchiveFormat::kDockerDirectory;
  return MakeError(ErrorCode::kInvalid, "skiff-transfer: unknown format \"{}\"", name);
}

Result<std::vector<LoadedImage>> Dispatch(Arguments& arguments) {
  TRY(Prepare(arguments));
  const auto& [verb, source, paths] = std::tie(arguments.verb, arguments.source, arguments.paths);
  std::vector<LoadedImage> images;
  if (verb == "load") return Load(paths, source, *arguments.policy);
  if (verb == "import") {
    TRY(arguments.policy->Check(FileOrigin("tarball", source), {}, {}));
    ASSIGN_OR_RETURN(images.emplace_back(), Import(paths, source, arguments.import));
  } else if (verb == "commit") {
    ASSIGN_OR_RETURN(const std::string request, common::ReadAll(STDIN_FILENO), "read the request");
    ASSIGN_OR_RETURN(const auto options, common::DecodeJson<CommitOptions>(request, "the request"));
    ASSIGN_OR_RETURN(images.emplace_back(), Commit(paths, source, options));
  } else if (verb == "save") {
    ASSIGN_OR_RETURN(arguments.save.format, FormatNamed(arguments.format));
    TRY(Save(paths, arguments.images, arguments.save, source));
  } else if (verb == "export") {
    TRY(Export(source, kOutputFd));
  } else {
    return MakeError(ErrorCode::kInvalid, "skiff-transfer: unknown verb {}", verb);
  }
  return images;
}

std::string Encode(const std::vector<LoadedImage>& images) {
  common::JsonBuilder json;
  common::JsonValue list = json.Array();
  for (const auto& image : images) {
    common::JsonValue item = json.Object();
    json.Set(item, "id", image.id);
    json.Set(item, "names", json.Strings(image.names));
    json.Push(list, std::move(item));
  }
  json.Set(json.root(), "images", std::move(list));
  return common::ToJson(json.root());
}

int Main(int argc, char** argv) {
  // Modes are those of the archive, whatever the caller's mask is.
  ::umask(022);
  // A heap per thread would keep what each has freed; threads wait for disk and network, not for the heap.
  ::mallopt(M_ARENA_MAX, 2);
  auto arguments = ParseArguments(argc, argv);
  if (arguments && IsRegistryVerb(arguments->verb)) {
    const auto done = RunRegistryVerb(arguments->verb, arguments->paths);
    if (done) return 0;
    std::fprintf(stderr, "%s\n", EncodeTransferError(done.error()).c_str());
    return 1;
  }
  const auto images = arguments ? Dispatch(*arguments) : Result<std::vector<LoadedImage>>(arguments.error());
  if (!images) {
    std::fprintf(stderr, "%s\n", EncodeTransferError(images.error()).c_str());
    return 1;
  }
  std::printf("%s\n", Encode(*images).c_str());
  return 0;
}

}  // namespace
}  // namespace skiff::image

int main(int argc, char** argv) { return skiff::image::Main(argc, argv); }

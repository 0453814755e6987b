#include "image/transfer/registry_main.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/file.h"
#include "common/json.h"
#include "image/short_names.h"
#include "image/transfer/confine.h"
#include "image/transfer/http_client.h"
#include "image/transfer/pull_turn.h"
#include "image/transfer/registry_pull.h"
#include "image/transfer/registry_push.h"
#include "image/transfer/registry_search.h"
#include "image/transfer/sha256.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr std::chrono::seconds kStall{60};

// What resolving names and checking certificates reads: the C library's and OpenSSL's files, plug-ins of both included.
std::vector<std::string> NetworkFiles() {
  std::vector<std::string> files = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
                                    "/etc/services", "/etc/protocols", "/etc/ld.so.cache", "/etc/ssl", "/etc/pki",
                                    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/lib", "/usr/lib64", "/lib",
                                    "/lib64", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/dev/urandom"};
  for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"})
    if (const char* value = std::getenv(name)) files.emplace_back(value);
  return files;
}

void SetError(JsonBuilder& json, JsonValue& object, const common::Error& error) {
  // EncodeTransferError's text as a value.
  const auto parsed = common::ParseJson(EncodeTransferError(error), "error");
  JsonValue copy;
  copy.CopyFrom(*parsed, json.allocator());
  json.Set(object, "error", std::move(copy));
}

Result<> Confine(const common::SystemPaths& paths, const std::vector<std::string>& readable = {}, bool may_run_programs = false) {
  const StorageLayout layout(paths);
  TRY(layout.MakeFolders());
  InitializeHttp();
  (void)Sha256::HexOf("");  // OpenSSL reads its configuration at the first use
  auto files = NetworkFiles();
  files.insert(files.end(), readable.begin(), readable.end());
  return TryConfineFiles({paths.graph_root, layout.Overlay(), PullTurn::Folder(paths)}, files, may_run_programs);
}

Result<> PullVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  ASSIGN_OR_RETURN(RegistryPull pull, RegistryPull::Prepare(paths, request));
  TRY(Confine(paths, pull.SignatureFolders(), pull.ChecksSignatures()));
  JsonValue results = json.Array();
  for (const auto& result : pull.Run()) {
    JsonValue object = json.Object();
    if (!result) {
      SetError(json, object, result.error());
    } else {
      JsonValue images = json.Array();
      for (const auto& image : *result) {
        JsonValue item = json.Object();
        json.Set(item, "id", image.id);
        json.Set(item, "names", json.Strings(image.names));
        json.Push(images, std::move(item));
      }
      json.Set(object, "images", std::move(images));
    }
    json.Push(results, std::move(object));
  }
  json.Set(json.root(), "results", std::move(results));
  return {};
}

Result<> PushVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  ASSIGN_OR_RETURN(RegistryPush push, RegistryPush::Prepare(paths, request));
  TRY(Confine(paths));
  ASSIGN_OR_RETURN(const std::string digest, push.Run());
  json.Set(json.root(), "digest", digest);
  return {};
}

// Whatever asks one registry something: connect, then no more files, then ask.
Result<> LoginVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  RegistryConnector connector(paths, request.access);
  ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
  ASSIGN_OR_RETURN(const auto session, connector.ConnectHost(request.items.at(0).name, IsInsecureHost(conf, request.items[0].name)));
  TRY(Confine(paths));
  HttpClient client(kStall);
  TRY(session->CheckLogin(client));
  json.Set(json.root(), "ok", true);
  return {};
}

Result<> SearchVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  ASSIGN_OR_RETURN(RegistrySearch search, RegistrySearch::Prepare(paths, request));
  TRY(Confine(paths));
  JsonValue list = json.Array();
  ASSIGN_OR_RETURN(const auto results, search.Run());
  for (const auto& result : results) {
    JsonValue item = json.Object();
    json.Set(item, "index", result.index);
    json.Set(item, "name", result.name);
    json.Set(item, "description", result.description);
    json.Set(item, "stars", result.stars);
    json.Set(item, "official", result.official);
    json.Set(item, "automated", result.automated);
    json.Push(list, std::move(item));
  }
  json.Set(json.root(), "results", std::move(list));
  return {};
}

Result<RemoteRepository> ConnectImage(const common::SystemPaths& paths, const RegistryRequest& request, Reference& reference) {
  ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
  ASSIGN_OR_RETURN(reference, Reference::Parse(request.items.at(0).name));
  ASSIGN_OR_RETURN(const auto candidates, PullCandidates(conf, reference));
  reference = candidates.front();
  ASSIGN_OR_RETURN(PullSource source, conf.PrimarySource(reference));
  return RegistryConnector(paths, request.access).Connect(std::move(source), {});
}

Result<> TagsVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  Reference reference;
  ASSIGN_OR_RETURN(const RemoteRepository repository, ConnectImage(paths, request, reference));
  TRY(Confine(paths));
  HttpClient client(kStall);
  ASSIGN_OR_RETURN(auto tags, FetchTags(repository, client));
  if (static_cast<int64_t>(tags.size()) > request.limit) tags.resize(static_cast<size_t>(request.limit));
  json.Set(json.root(), "tags", json.Strings(tags));
  json.Set(json.root(), "name", reference.Repository());
  return {};
}

Result<> ManifestVerb(const common::SystemPaths& paths, const RegistryRequest& request, JsonBuilder& json) {
  Reference reference;
  ASSIGN_OR_RETURN(const RemoteRepository repository, ConnectImage(paths, request, reference));
  TRY(Confine(paths));
  HttpClient client(kStall);
  const std::string tag = !reference.digest.empty() ? reference.digest : reference.tag.empty() ? "latest" : reference.tag;
  ASSIGN_OR_RETURN(const RemoteManifest manifest, FetchManifest(repository, client, tag));
  json.Set(json.root(), "manifest", manifest.bytes);
  json.Set(json.root(), "mediaType", manifest.media_type);
  return {};
}

using Verb = Result<> (*)(const common::SystemPaths&, const RegistryRequest&, JsonBuilder&);
constexpr std::array<std::pair<const char*, Verb>, 6> kVerbs = {{{"pull", PullVerb},
                                                                {"push", PushVerb},
                                                                {"login", LoginVerb},
                                                                {"search", SearchVerb},
                                                                {"tags", TagsVerb},
                                                                {"manifest", ManifestVerb}}};

}  // namespace

bool IsRegistryVerb(const std::string& verb) {
  for (const auto& [name, run] : kVerbs)
    if (verb == name) return true;
  return false;
}

Result<> RunRegistryVerb(const std::string& verb, const common::SystemPaths& store) {
  ::signal(SIGPIPE, SIG_IGN);
  // Nobody would see what comes of it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // Configuration and logins are where they are for skiff itself, the store may be another.
  ASSIGN_OR_RETURN(common::SystemPaths paths, common::SystemPaths::FromEnvironment());
  paths.graph_root = store.graph_root;
  paths.storage_run = store.storage_run;
  ASSIGN_OR_RETURN(const std::string text, common::ReadAll(STDIN_FILENO));
  ASSIGN_OR_RETURN(const RegistryRequest request, DecodeRegistryRequest(text));
  JsonBuilder json;
  for (const auto& [name, run] : kVerbs)
    if (verb == name) TRY(run(paths, request, json));
  std::printf("%s\n", common::ToJson(json.root()).c_str());
  return {};
}

}  // namespace skiff::image

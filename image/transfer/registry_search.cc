#include "image/transfer/registry_search.h"

#include "image/transfer/remote_image.h"
#include "image/transfer/url.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kAnswerLimit = 8u << 20;
constexpr size_t kCatalogueLimit = 100000;
constexpr std::chrono::seconds kStall{60};

}  // namespace

bool IsInsecureHost(const RegistriesConf& conf, const std::string& name) {
  Reference reference;
  reference.domain = name.substr(0, name.find('/'));
  reference.path = name.find('/') == std::string::npos ? "x" : name.substr(name.find('/') + 1);
  const RegistryRule* rule = conf.RuleFor(reference);
  return rule != nullptr && rule->insecure;
}

Result<RegistrySearch> RegistrySearch::Prepare(const common::SystemPaths& paths, const RegistryRequest& request) {
  RegistrySearch search;
  search.limit_ = static_cast<size_t>(request.limit);
  ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
  RegistryConnector connector(paths, request.access);
  const std::string& text = request.items.at(0).name;
  const size_t slash = text.find('/');
  const std::string first = text.substr(0, slash);
  std::vector<std::string> names = conf.search_registries();
  search.term_ = text;
  if (slash != std::string::npos && (first == "localhost" || first.find_first_of(".:") != std::string::npos)) {
    names = {first};
    search.term_ = text.substr(slash + 1);
  }
  if (names.empty())
    return MakeError(ErrorCode::kInvalid,
                     "couldn't search registries: no unqualified-search registries are defined in registries.conf; write "
                     "REGISTRY/TERM, for example docker.io/{}",
                     text);
  for (const auto& name : names) {
    Place& place = search.places_.emplace_back();
    place.name = name;
    ASSIGN_OR_RETURN(place.session, connector.ConnectHost(name == "docker.io" ? "index.docker.io" : name, IsInsecureHost(conf, name)));
  }
  return search;
}

Result<std::vector<SearchResult>> RegistrySearch::SearchIndex(const Place& place, HttpClient& client) const {
  HttpRequest request;
  request.url = AddQuery(AddQuery(place.session->UrlOf("/v1/search"), "q", term_), "n", std::to_string(limit_));
  ASSIGN_OR_RETURN(const HttpHead head, place.session->Send(client, request, ""));
  if (head.status != 200) return AnswerError(client, head, "searching " + place.name);
  ASSIGN_OR_RETURN(const std::string body, client.ReadBody(kAnswerLimit));
  ASSIGN_OR_RETURN(const auto json, common::ParseJson(body, "the answer of " + place.name));
  const common::JsonValue* list = json.IsObject() ? common::FindArray(json, "results") : nullptr;
  if (list == nullptr) return MakeError(ErrorCode::kInvalid, "the answer of {} has no results", place.name);
  std::vector<SearchResult> results;
  for (const auto& item : list->GetArray()) {
    if (!item.IsObject() || results.size() == limit_) continue;
    std::string name(common::GetString(item, "name"));
    if (place.name == "docker.io" && name.find('/') == std::string::npos) name = "library/" + name;
    results.push_back({place.name, place.name + "/" + name, std::string(common::GetString(item, "description")),
                       common::GetInt(item, "star_count"), common::GetBool(item, "is_official"), common::GetBool(item, "is_automated")});
  }
  return results;
}

Result<std::vector<SearchResult>> RegistrySearch::SearchCatalogue(const Place& place, HttpClient& client) const {
  ASSIGN_OR_RETURN(const auto names, FetchPages(*place.session, client, "/v2/_catalog", "registry:catalog:*", "repositories", kCatalogueLimit));
  std::vector<SearchResult> results;
  for (const auto& name : names)
    if (name.find(term_) != std::string::npos && results.size() < limit_)
      results.push_back({place.name, place.name + "/" + name, "", 0, false, false});
  return results;
}

Result<std::vector<SearchResult>> RegistrySearch::Run() {
  HttpClient client(kStall);
  std::vector<SearchResult> all;
  std::vector<common::Error> errors;
  for (const auto& place : places_) {
    const auto search = [&]() -> Result<std::vector<SearchResult>> {
      TRY(place.session->Ping(client));
      auto found = SearchIndex(place, client);
      // docker.io has an index and no catalogue.
      return found || place.name == "docker.io" ? std::move(found) : SearchCatalogue(place, client);
    };
    auto found = search();
    if (!found) {
      errors.push_back(std::move(found).error().Wrap("couldn't search registry \"" + place.name + "\""));
      continue;
    }
    all.insert(all.end(), found->begin(), found->end());
  }
  if (all.empty() && !errors.empty()) return errors.front();
  return all;
}

}  // namespace skiff::image

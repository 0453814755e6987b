#include "image/transfer/url.h"

#include <curl/curl.h>

#include <memory>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;

std::string Part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string result = text;
  curl_free(text);
  return result;
}

bool IsHttp(const Url& url) {
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  return scheme == "https" || scheme == "http";
}

}  // namespace

std::string OriginOf(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK || !IsHttp(url)) return {};
  return Part(url, CURLUPART_SCHEME) + "://" + Part(url, CURLUPART_HOST) + ":" + Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

Result<std::string> ResolveUrl(const std::string& base, const std::string& location) {
  const Url url(curl_url());
  if (location.empty() || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK || !IsHttp(url))
    return MakeError(ErrorCode::kInvalid, "{} leads to \"{}\", which is not an http or https URL", base, location);
  // A user in the URL would be sent as credentials.
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  return Part(url, CURLUPART_URL);
}

std::string AddQuery(const std::string& text, const std::string& name, const std::string& value) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return text;
  const std::string pair = name + "=" + value;
  curl_url_set(url.get(), CURLUPART_QUERY, pair.c_str(), CURLU_APPENDQUERY | CURLU_URLENCODE);
  return Part(url, CURLUPART_URL);
}

}  // namespace skiff::image

"""Issues and discussions of GitHub as documents: a question and what was said to it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.connectors.github_api import GitHubApi

ISSUES = """
query($owner: String!, $name: String!, $states: [IssueState!], $cursor: String) {
  repository(owner: $owner, name: $name) {
    page: issues(first: 100, after: $cursor, states: $states, orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number title url updatedAt labels(first: 100) { nodes { name } } comments { totalCount } }
    }
  }
}"""

DISCUSSIONS = """
query($owner: String!, $name: String!, $cursor: String) {
  repository(owner: $owner, name: $name) {
    page: discussions(first: 100, after: $cursor, orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number title url updatedAt answerChosenAt labels(first: 100) { nodes { name } } comments { totalCount } }
    }
  }
}"""

_ISSUE = """
query($owner: String!, $name: String!, $number: Int!, $cursor: String) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      title body state createdAt author { login } labels(first: 100) { nodes { name } }
      page: comments(first: 100, after: $cursor) {
        pageInfo { hasNextPage endCursor }
        nodes { url body createdAt isMinimized author { login } }
      }
    }
  }
}"""

_DISCUSSION = """
query($owner: String!, $name: String!, $number: Int!, $cursor: String) {
  repository(owner: $owner, name: $name) {
    discussion(number: $number) {
      title body createdAt author { login } category { name } labels(first: 100) { nodes { name } }
      page: comments(first: 50, after: $cursor) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id url body createdAt isMinimized isAnswer author { login }
          replies(first: 50) {
            pageInfo { hasNextPage }
            nodes { url body createdAt isMinimized isAnswer author { login } }
          }
        }
      }
    }
  }
}"""

_REPLIES = """
query($id: ID!, $cursor: String) {
  node(id: $id) {
    ... on DiscussionComment {
      page: replies(first: 100, after: $cursor) {
        pageInfo { hasNextPage endCursor }
        nodes { url body createdAt isMinimized isAnswer author { login } }
      }
    }
  }
}"""

Said = Mapping[str, Any]
"""A post as GraphQL answers it."""


def issue(api: GitHubApi, owner: str, name: str, number: int) -> str:
    """The issue with its comments, as Markdown. Raises ConnectorError."""
    pages = list(api.pages(_ISSUE, "repository", "issue", owner=owner, name=name, number=number))
    first = pages[0]
    comments = [comment for page in pages for comment in _shown(page["page"]["nodes"])]
    what = f"Issue {number} of {owner}/{name}, {str(first['state']).lower()}"
    return _document(first, what, [_post(f"## Comment {_by(comment)}", comment) for comment in comments])


def discussion(api: GitHubApi, owner: str, name: str, number: int) -> str:
    """The discussion with its comments and their replies, the accepted answer first, as Markdown."""
    pages = list(api.pages(_DISCUSSION, "repository", "discussion", owner=owner, name=name, number=number))
    first = pages[0]
    threads = []
    for comment in (comment for page in pages for comment in _shown(page["page"]["nodes"])):
        replies = _shown(_replies(api, comment))
        kind = "Accepted answer" if comment["isAnswer"] else "Comment"
        posts = [_post(f"## {kind} {_by(comment)}", comment)]
        posts += [_post(f"### {'Accepted answer' if r['isAnswer'] else 'Reply'} {_by(r)}", r) for r in replies]
        answers = comment["isAnswer"] or any(reply["isAnswer"] for reply in replies)
        threads.append((not answers, "\n\n".join(posts)))
    threads.sort(key=lambda thread: thread[0])
    what = f"Discussion {number} of {owner}/{name}, in {(first['category'] or {}).get('name', 'no category')}"
    return _document(first, what, [text for _, text in threads])


def labels(post: Said) -> list[str]:
    """The names of a post's labels."""
    return [label["name"] for label in (post.get("labels") or {}).get("nodes") or [] if label]


def _replies(api: GitHubApi, comment: Said) -> list[Said]:
    if not comment["replies"]["pageInfo"]["hasNextPage"]:
        return list(comment["replies"]["nodes"])
    return [reply for page in api.pages(_REPLIES, "node", id=comment["id"]) for reply in page["page"]["nodes"]]


def _shown(posts: Sequence[Said | None]) -> list[Said]:
    """Those that were not hidden, as spam, off topic or outdated."""
    return [post for post in posts if post and not post["isMinimized"]]


def _document(first: Said, what: str, posts: list[str]) -> str:
    named = labels(first)
    about = f"{what}, {_by(first)}." + (f" Labels: {', '.join(named)}." if named else "")
    # As a setting, in which a title may have any characters, and an outermost heading in a post is not taken for it.
    return "\n\n".join([f"---\ntitle: {json.dumps(first['title'])}\n---", about, _text(first), *posts])


def _post(heading: str, post: Said) -> str:
    """A comment under a heading, whose own id is the fragment of the comment's address."""
    anchor = re.search(r"#([\w-]+)$", str(post.get("url") or ""))
    return f"{heading}{f' {{#{anchor[1]}}}' if anchor else ''}\n\n{_text(post)}"


def _by(post: Said) -> str:
    author = post["author"]  # none where the account was deleted, which GitHub shows as ghost
    return f"by {author['login'] if author else 'ghost'} on {str(post['createdAt'])[:10]}"


def _text(post: Said) -> str:
    return str(post["body"] or "").replace("\r\n", "\n").strip()
